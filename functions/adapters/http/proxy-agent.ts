import { type buildConnector, Pool, ProxyAgent } from 'undici';

/** The tunnel could not be opened. */
export class NoTunnel extends Error {
  readonly code = 'ENOTUNNEL';
}

/**
 * Tunnels through one proxy, keep-alive, without pipelining. A proxy that hangs up instead of opening the tunnel fails the
 * request: undici takes that for a lost connection and would knock at the proxy without a pause until the request times out.
 */
export function proxyAgent(uri: string, connections: number, connectTimeoutMs: number): ProxyAgent {
  return new ProxyAgent({
    uri,
    connections,
    pipelining: 1,
    // `exchange` bounds the whole; these two only bound the headers and the gaps between chunks.
    headersTimeout: 0,
    bodyTimeout: 0,
    proxyTls: { timeout: connectTimeoutMs },
    requestTls: { timeout: connectTimeoutMs },
    factory: (origin, options: Pool.Options) => {
      const { connect } = options;
      if (typeof connect !== 'function') throw new Error('The proxy agent has no way to connect.');
      return new Pool(origin, { ...options, connect: once(connect) });
    },
  });
}

function once(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
      if (error === null) return callback(null, socket);
      const hungUp = 'code' in error && error.code === 'UND_ERR_SOCKET';
      callback(hungUp ? new NoTunnel(`the proxy opened no tunnel: ${error.message}`) : error, null);
    });
}
