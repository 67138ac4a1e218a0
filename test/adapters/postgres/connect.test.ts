import { beforeAll, describe, expect, it } from 'vitest';
import { directConnection, proxyConnection } from '../../../functions/adapters/postgres/connect.ts';
import type { Endpoints } from '../../../functions/contract/endpoints.ts';

const endpoints: Endpoints = {
  sqs: 'http://127.0.0.1:1',
  dynamodb: 'http://127.0.0.1:1',
  s3: 'http://127.0.0.1:1',
  lambda: 'http://127.0.0.1:1',
  postgres: { ecommerce: { host: '127.0.0.1', port: 5433, database: 'narx_ecommerce' } },
  origins: {},
};
const environment = (ENDPOINTS: Endpoints, DOMAIN = 'ecommerce') => ({
  ENDPOINTS,
  DOMAIN,
  DATABASE_HOST: 'proxy.example.rds.amazonaws.com',
  DATABASE_PORT: 5432,
  DATABASE_NAME: 'narx',
  DATABASE_USER: 'narx_store',
});

describe('the connection to RDS Proxy', () => {
  beforeAll(() => {
    Object.assign(process.env, {
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
  });

  it('uses TLS and, as password, an IAM token of fifteen minutes for exactly this user and host', async () => {
    const settings = proxyConnection(environment('aws'), 20_000)();
    expect(settings).toMatchObject({
      user: 'narx_store',
      database: 'narx',
      ssl: true,
      query_timeout: 20_000,
    });
    const token = typeof settings.password === 'function' ? await settings.password() : '';
    const url = new URL(`https://${token}`);
    expect(url.host).toBe('proxy.example.rds.amazonaws.com:5432');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'connect',
      DBUser: 'narx_store',
      'X-Amz-Expires': '900',
    });
  });

  it('sends nothing at startup that RDS Proxy refuses', () => {
    for (const env of [environment('aws'), environment(endpoints)]) {
      const names = Object.keys(proxyConnection(env, 20_000)());
      for (const refused of [
        'statement_timeout',
        'lock_timeout',
        'idle_in_transaction_session_timeout',
        'options',
      ])
        expect(names).not.toContain(refused);
    }
  });
});

describe('local connections', () => {
  it('go to the server of the domain, without password or TLS', () => {
    const direct = directConnection(environment(endpoints));
    for (const settings of [proxyConnection(environment(endpoints), 20_000)(), direct()]) {
      expect(settings).toMatchObject({
        host: '127.0.0.1',
        port: 5433,
        database: 'narx_ecommerce',
        user: 'narx_store',
      });
      expect(settings).not.toHaveProperty('password');
      expect(settings).not.toHaveProperty('ssl');
    }
  });

  it('name the variable to mend when the domain has no server', () => {
    expect(() => proxyConnection(environment(endpoints, 'procurement'), 20_000)).toThrow(
      /ENDPOINTS: postgres has no entry for the storage domain procurement/,
    );
  });
});
