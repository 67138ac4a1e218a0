import { describe, expect, it, vi } from 'vitest';
import { serve, type Thing, type VisitLine } from './serve.ts';

const product = (id: string) => `https://api.uzum.uz/api/v2/product/${id}`;

async function served() {
  const all = await serve();
  const [thing] = await all.lines<Thing>('/truth/uzum');
  const id = thing?.externalId ?? '';
  const visits = () => all.lines<VisitLine>('/visits/uzum');
  return { ...all, id, visits, get: () => all.ask(product(id)) };
}

describe('a marketplace with faults', () => {
  it.each([
    ['403', 403],
    ['429', 429],
    ['429-retry-after', 429],
    ['captcha-page', 200],
    ['captcha-redirect', 302],
    ['404-wall', 404],
    ['500-blocked', 500],
  ])('refuses with %s after the given number of requests, and shows nothing', async (kind, status) => {
    const { turn, get, visits, control } = await served();
    await turn('uzum', { block: { kind, afterRequests: 1, retryAfterSeconds: 90 } });
    expect((await get()).status).toBe(200);
    const refused = await get();
    expect(refused.status).toBe(status);
    expect(refused.headers.get('retry-after')).toBe(kind === '429-retry-after' ? '90' : null);
    const text = await refused.text();
    if (kind === 'captcha-page') expect(text).toContain('action="/checkcaptcha');
    if (kind === 'captcha-redirect') expect(refused.headers.get('location')).toContain('/showcaptcha');
    if (kind === '500-blocked') expect(JSON.parse(text)).toMatchObject({ status: 500 });
    expect((await visits()).map(({ count }) => count)).toEqual([1]);
    const stats = (await (await control('/stats')).json()) as {
      uzum: { refused: number; refusedAt: string[] };
    };
    expect(stats.uzum.refused).toBe(1);
    expect(stats.uzum.refusedAt).toHaveLength(1);
  });

  it('sends the client elsewhere, wherever that is, and shows nothing', async () => {
    const { turn, get, visits } = await served();
    await turn('uzum', { redirect: { location: 'http://169.254.169.254/latest/' } });
    const sent = await get();
    expect([sent.status, sent.headers.get('location')]).toEqual([302, 'http://169.254.169.254/latest/']);
    expect(await visits()).toEqual([]);
  });

  it('resets the connection in the middle of the body', async () => {
    const { turn, get, visits } = await served();
    await turn('uzum', { resetShare: 1 });
    await expect(get().then((response) => response.text())).rejects.toThrow();
    expect(await visits()).toEqual([]);
  });

  it('cuts a body off without breaking the response', async () => {
    const { turn, get, visits } = await served();
    await turn('uzum', { truncatedShare: 1 });
    const response = await get();
    const text = await response.text();
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(() => JSON.parse(text)).toThrow();
    expect(await visits()).toEqual([]);
  });

  it('answers with nothing in it for a soft block', async () => {
    const { turn, get, visits } = await served();
    await turn('uzum', { emptyShare: 1 });
    const response = await get();
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect(await visits()).toEqual([]);
  });

  it('fails with the given status', async () => {
    const { turn, get } = await served();
    await turn('uzum', { errorShare: 1, errorStatus: 504 });
    expect((await get()).status).toBe(504);
  });

  it('drips the body and counts the visit only when all of it was sent', async () => {
    const { turn, get, visits } = await served();
    await turn('uzum', { drip: { bytesPerSecond: 60_000 } });
    const response = await get();
    expect(await visits()).toEqual([]);
    JSON.parse(await response.text());
    expect(await visits()).toHaveLength(1);
  });

  it('sends bodies of any length without announcing it, which are no visits', async () => {
    const { turn, get, visits } = await served();
    await turn('uzum', { huge: { megabytes: 3 } });
    const response = await get();
    expect(response.headers.get('content-length')).toBeNull();
    expect((await response.text()).length).toBeGreaterThan(3_000_000);
    expect(await visits()).toEqual([]);
  });

  it('refuses connections during an outage and comes back on the same port', async () => {
    const { turn, get } = await served();
    await turn('uzum', { outage: { kind: 'refused' } });
    await expect(get()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await turn('uzum', { outage: null });
    expect((await get()).status).toBe(200);
  });

  it('hangs without an answer', async () => {
    const { turn, ask, id } = await served();
    await turn('uzum', { outage: { kind: 'hang' } });
    await expect(ask(product(id), { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
  });

  it('comes back by itself when the time of an outage is over', async () => {
    const { turn, get } = await served();
    await turn('uzum', { outage: { kind: 'refused', forMs: 60 } });
    await expect(get()).rejects.toThrow();
    await vi.waitFor(async () => expect((await get()).status).toBe(200), { timeout: 2000, interval: 20 });
  });

  it('outlives clients that leave in the middle of anything', async () => {
    const { turn, ask, get, id, control } = await served();
    for (const knobs of [
      { drip: { bytesPerSecond: 20_000 } },
      { latency: { medianMs: 20, p99Ms: 30 } },
      { drip: null, resetShare: 1 },
    ]) {
      await turn('uzum', knobs);
      const leave = () =>
        ask(product(id), { signal: AbortSignal.timeout(8) }).then((response) => response.text());
      await Promise.allSettled(Array.from({ length: 20 }, leave));
    }
    await control('/knobs/uzum', { method: 'DELETE' });
    await vi.waitFor(async () => {
      const { uzum } = (await (await control('/stats')).json()) as { uzum: { inFlight: number } };
      expect(uzum.inFlight).toBe(0);
    });
    expect((await get()).status).toBe(200);
  });

  it('leads to a CAPTCHA page that does not redirect again', async () => {
    const { turn, get, ask } = await served();
    await turn('uzum', { block: { kind: 'captcha-redirect' } });
    const page = await ask((await get()).headers.get('location') ?? '');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('action="/checkcaptcha');
  });

  it('delays answers', async () => {
    const { turn, get } = await served();
    await turn('uzum', { latency: { medianMs: 40, p99Ms: 41 } });
    const started = performance.now();
    await (await get()).text();
    expect(performance.now() - started).toBeGreaterThan(30);
  });
});

describe('the control API', () => {
  it('reports seed, epochs and marketplaces', async () => {
    const { control } = await served();
    const next = (await (await control('/epoch', { method: 'POST' })).json()) as {
      epoch: number;
      startedAt: string;
    };
    expect(next.epoch).toBe(1);
    const state = (await (await control('/state')).json()) as {
      seed: number;
      epoch: number;
      epochs: unknown[];
    };
    expect(state).toMatchObject({ seed: 7, epoch: 1 });
    expect(state.epochs[1]).toEqual(next);
    expect(await (await control('/health')).json()).toEqual({ ok: true });
  });

  it('counts requests, statuses, bytes and how much went on at once', async () => {
    const { control, get } = await served();
    const sizes = await Promise.all(
      [get(), get(), get()].map(async (response) => (await (await response).arrayBuffer()).byteLength),
    );
    const { uzum } = (await (await control('/stats')).json()) as { uzum: Record<string, unknown> };
    expect(uzum).toMatchObject({
      requests: 3,
      byStatus: { 200: 3 },
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    });
    expect(Number(uzum.maxConnections)).toBeGreaterThanOrEqual(1);
    expect(Number(uzum.maxInFlight)).toBeGreaterThanOrEqual(1);
  });

  it('merges knobs, resets them, and says what is wrong with bad ones', async () => {
    const { control, turn } = await served();
    await turn('uzum', { errorShare: 0.5 });
    await turn('uzum', { emptyShare: 0.25 });
    expect(await (await control('/knobs/uzum')).json()).toMatchObject({ errorShare: 0.5, emptyShare: 0.25 });
    const bad = await turn('uzum', { errorShare: 7 });
    expect(bad.status).toBe(400);
    expect(await bad.json()).toEqual({ error: '"errorShare" must be a number from 0 to 1.' });
    await control('/knobs/uzum', { method: 'DELETE' });
    expect(await (await control('/knobs/uzum')).json()).toMatchObject({ errorShare: 0, emptyShare: 0 });
  });

  it.each([
    ['/truth/nowhere', 404],
    ['/truth/uzum?epoch=x', 400],
    ['/nothing', 404],
  ])('refuses %s with %i and a sentence', async (path, status) => {
    const { control } = await served();
    const response = await control(path);
    expect(response.status).toBe(status);
    expect((await response.json()) as { error: string }).toMatchObject({
      error: expect.stringMatching(/\.$/),
    });
  });
});
