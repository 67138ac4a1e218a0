import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type LoopbackServer, listenOnLoopback, readBody } from '../aws/http.ts';
import type { HttpApiSpec } from '../cloud-model.ts';
import type { LambdaHost } from '../interfaces.ts';
import { eventOf } from './event.ts';
import { BadPath, RouteTable } from './routes.ts';

/** What a function may answer; API Gateway infers the rest. */
const answerSchema = z.object({
  statusCode: z.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** API Gateway's own limit for a request. */
const maxBodyBytes = 10 * 1024 * 1024;

/**
 * Serves one HTTP API of the template: a route becomes an invocation with the event that API Gateway would send. Who may call
 * cannot be checked here, since there is no IAM: it listens on the loopback interface only, and answers only requests that
 * name it as their host, so that no web page in a browser can read through it.
 */
export async function serveHttpApi(
  spec: HttpApiSpec,
  of: { host: Pick<LambdaHost, 'invoke'>; accountId: string; port?: number },
): Promise<LoopbackServer> {
  const table = new RouteTable(spec.routes.map(({ key, functionName }) => ({ key, target: functionName })));
  const api = { apiId: spec.name, accountId: of.accountId };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, message: string) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    };
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')) return refuse(403, 'Forbidden');
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
    if (url === null) return refuse(400, 'Bad Request');
    let route: ReturnType<typeof table.match>;
    try {
      route = table.match(request.method ?? '', url.pathname);
    } catch (error) {
      if (error instanceof BadPath) return refuse(400, 'Bad Request');
      throw error;
    }
    if (route === null) return refuse(404, 'Not Found');
    const body = await readBody(request, maxBodyBytes);
    if (body === null) return refuse(413, 'Request Entity Too Large');
    const { payload, functionError } = await of.host.invoke(
      route.target,
      eventOf(request, url, route, api, body),
    );
    const answer = answerSchema.safeParse(payload);
    if (functionError !== null || !answer.success) return refuse(500, 'Internal Server Error');
    const { statusCode, headers, cookies, body: text, isBase64Encoded } = answer.data;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
    if (cookies.length > 0) response.setHeader('set-cookie', cookies);
    response.writeHead(statusCode).end(isBase64Encoded ? Buffer.from(text, 'base64') : text);
  };
  return await listenOnLoopback(of.port ?? 0, serve);
}
