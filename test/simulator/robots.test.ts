import { expect, it } from 'vitest';
import { serve } from './serve.ts';

it.each([
  'api.uzum.uz',
  'graphql.uzum.uz',
  'www.olx.uz',
  'xarid-api-auction.uzex.uz',
  'xarid-api-shop.uzex.uz',
  'xarid-api-trade.uzex.uz',
  'apietender.uzex.uz',
  'market.yandex.uz',
])('%s has a listener and robots rules of its own', async (host) => {
  const { ask, simulator } = await serve('--yandex-products', '10');
  expect(new Set(Object.values(simulator.origins)).size).toBe(8);
  const response = await ask(`https://${host}/robots.txt`);
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/^User-agent: \*/);
});
