import { z } from 'zod';

/**
 * Where the parts are when they are not at their usual place. The deployed value is the word `aws`: the SDK's own
 * endpoints, IAM logins to RDS Proxy, the marketplaces themselves. Local runs override the variable with JSON.
 * One declared variable, because `sam local --env-vars` can only override what the template declares.
 */
const url = z.url({ protocol: /^https?$/ });
export const localEndpointsSchema = z.strictObject({
  sqs: url,
  dynamodb: url,
  s3: url,
  lambda: url,
  /** Left out: nobody measures the databases' disks. */
  cloudwatch: url.optional(),
  /** Left out: nobody looks after their backups. */
  rds: url.optional(),
  /** Connection per storage domain; local servers trust loopback, so there is no password. */
  postgres: z.record(
    z.string(),
    z.strictObject({ host: z.string(), port: z.number().int(), database: z.string() }),
  ),
  /** Real origin (`https://api.uzum.uz`) to the origin that answers in its place. */
  origins: z.record(z.string(), url),
  /** Marketplace to its proxies, in place of the secret that holds them in the cloud. */
  proxies: z.record(z.string(), z.array(url)).optional(),
});
export type LocalEndpoints = z.infer<typeof localEndpointsSchema>;
export type Endpoints = 'aws' | LocalEndpoints;

export const endpointsSchema = z.string().transform((text, context): Endpoints => {
  if (text === 'aws') return 'aws';
  try {
    return localEndpointsSchema.parse(JSON.parse(text));
  } catch (cause) {
    context.addIssue(`must be the word aws, or the local endpoints as JSON (${String(cause)})`);
    return z.NEVER;
  }
});
