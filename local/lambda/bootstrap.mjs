/**
 * The runtime of one execution environment: loads the handler, then serves invocations from the Runtime API, as
 * the managed Node.js runtime does. Plain JavaScript without dependencies, so that it starts fast on the bare binary.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import Module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** Id of the invocation that the handler works on. */
let current = null;

// The pipe's other end is the runner's: it breaks when the runner dies, and nobody may outlive the runner.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0));
process.stdin.resume();

process.on('uncaughtException', async (error, origin) => {
  const rejected = origin === 'unhandledRejection';
  const described = describe(error, rejected ? 'Runtime.UnhandledPromiseRejection' : undefined);
  logError(rejected ? 'Unhandled Promise Rejection' : 'Uncaught Exception', described);
  // Not over the shared connection: it may be waiting for the next invocation.
  if (current) await call('POST', `/invocation/${current}/error`, described, false).catch(() => undefined);
  process.exit(rejected ? 128 : 129);
});

let handler;
try {
  handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
} catch (error) {
  const described = describe(error);
  logError('Uncaught Exception', described);
  await call('POST', '/init/error', described).catch(() => undefined);
  process.exit(1);
}

let flushed = false;
for (;;) {
  const { headers, body } = await call('GET', '/invocation/next').catch(() => process.exit(0));
  const requestId = headers['lambda-runtime-aws-request-id'];
  current = requestId;
  let answer = 'response';
  let content;
  try {
    content = await handler(JSON.parse(body), contextOf(headers));
  } catch (error) {
    answer = 'error';
    content = describe(error);
    logError('Invoke Error', content);
  }
  current = null;
  await call('POST', `/invocation/${requestId}/${answer}`, content).catch(() => process.exit(0));
  if (!flushed) {
    // Environments end by a signal, at which Node writes no compile cache.
    flushed = true;
    Module.flushCompileCache?.();
  }
}

async function loadHandler(taskRoot, handlerName) {
  const [file, ...exported] = handlerName.split('.');
  const base = path.resolve(taskRoot, file);
  const found = ['.js', '.mjs', '.cjs'].map((suffix) => base + suffix).find(existsSync);
  if (!found) throw named('Runtime.ImportModuleError', `Cannot find module '${file}'`);
  const loaded = await load(found, taskRoot).catch((error) => {
    const type = error instanceof SyntaxError ? 'Runtime.UserCodeSyntaxError' : undefined;
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND';
    const name = missing ? 'Runtime.ImportModuleError' : type;
    throw name ? named(name, String(error), error.stack) : error;
  });
  const value = exported.reduce((object, name) => object?.[name], loaded);
  if (value === undefined)
    throw named('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`);
  if (typeof value !== 'function') throw named('Runtime.HandlerNotFound', `${handlerName} is not a function`);
  return value;
}

/** A `.js` file is CommonJS unless the code's own package.json says otherwise; one above the code does not exist in Lambda. */
async function load(file, taskRoot) {
  const manifest = path.join(taskRoot, 'package.json');
  const isModule =
    !file.endsWith('.js') ||
    (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).type === 'module');
  if (isModule) return import(pathToFileURL(file).href);
  const module = new Module(file);
  module.filename = file;
  module.paths = Module._nodeModulePaths(path.dirname(file));
  module._compile(readFileSync(file, 'utf8'), file);
  return module.exports;
}

function contextOf(headers) {
  // Lambda's own clock: what a handler does to Date, or a drill to the process's, does not move the deadline.
  const machineNow = () => performance.timeOrigin + performance.now();
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.round(deadline - machineNow()),
  };
}

function call(method, where, content, connection = agent) {
  return new Promise((resolve, reject) => {
    const body = method === 'GET' ? null : (JSON.stringify(content) ?? 'null');
    const options = { method, agent: connection };
    if (body !== null)
      options.headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    request(api + where, options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    })
      .on('error', reject)
      .end(body);
  });
}

function describe(error, type) {
  if (!(error instanceof Error))
    return { errorType: type ?? typeof error, errorMessage: String(error), trace: [] };
  const trace = (error.stack ?? '').split('\n');
  return { errorType: type ?? error.name, errorMessage: type ? String(error) : error.message, trace };
}

function named(name, message, stack) {
  const error = new Error(message);
  error.name = name;
  if (stack) error.stack = stack;
  return error;
}

function logError(what, described) {
  const text = JSON.stringify(described);
  process.stderr.write(`${new Date().toISOString()}\t${current}\tERROR\t${what}\t${text}\n`);
}
