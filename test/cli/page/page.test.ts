import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePage } from '../../../cli/page/server.ts';
import type { LoopbackServer } from '../../../local/aws/http.ts';
import { chartPixels } from './pixels.ts';
import { hostileTitle, report, serveApi } from './sources.ts';

/** Debian's. */
const executablePath = '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
if (!hasChromium)
  process.stderr.write(
    `Not tested in a browser: there is no ${executablePath} (apt-get install chromium).\n`,
  );
/** With a folder in it, screenshots are left there to be looked at. */
const screenshots = process.env['NARX_SCREENSHOTS'];

const product = '#/product/ecommerce/uzum/product/a%2F1';

describe.skipIf(!hasChromium)('the page in a browser', { timeout: 60_000 }, () => {
  let api: LoopbackServer;
  let served: LoopbackServer;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    api = await serveApi();
    served = await servePage({ apis: { ecommerce: api.url }, status: async () => report });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    await api?.close();
  });

  /** What can be seen: `textContent` would have what is hidden, too. */
  const textOf = (selector: string) =>
    page.evaluate<string>(`document.querySelector('${selector}').innerText`);
  const shows = (wanted: string) => page.getByText(wanted).first().waitFor();
  const open = async (hash: string, wanted: string) => {
    await page.goto('about:blank');
    await page.goto(`${served.url}/${hash}`);
    await shows(wanted);
  };

  it('shows the flow with its counts, and what is wrong with it', async () => {
    await open('', 'one dead letter');
    const shown = await textOf('body');
    for (const part of ['degraded, narx-local', 'cooling', 'maintenance', 'uzum-jobs', '12\u202f345', '41'])
      expect(shown).toContain(part);
  });

  it('leads from a search to a price chart by the keyboard alone, and never reads a title as HTML', async () => {
    await open('#/products', hostileTitle);
    // From the top: past the link to the content and the four views.
    const isAt = (what: string) => page.locator(`${what}:focus`).count();
    for (let step = 0; step < 20 && !(await isAt('input')); step++) await page.keyboard.press('Tab');
    await page.keyboard.type('128');
    await page.keyboard.press('Enter');
    await shows('Products with “128” in their title');
    await shows(hostileTitle);
    for (let step = 0; step < 20 && !(await isAt('tbody a')); step++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('canvas').waitFor();
    expect(new URL(page.url()).hash).toBe(product);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe(`${hostileTitle} · narx`);
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  });

  it('draws nothing where nobody knows the price: a band from one line to the next', async () => {
    await open(product, 'Older prices may be in the archive');
    const { lines, bands, dashes } = await chartPixels(page);
    expect(lines).toHaveLength(3);
    expect(bands).toHaveLength(3);
    // Round ends reach two pixels into the band.
    const meets = (line: number | undefined, band: number | undefined) =>
      expect(Math.abs((line ?? 0) - (band ?? 0))).toBeLessThanOrEqual(3);
    meets(lines[0]?.to, bands[0]?.from);
    meets(lines[1]?.from, bands[0]?.to);
    meets(lines[1]?.to, bands[1]?.from);
    meets(lines[2]?.from, bands[1]?.to);
    meets(lines[2]?.to, bands[2]?.from);
    // Taken back: from the fourteenth to the fifteenth.
    expect(dashes).toHaveLength(2);
    meets(dashes[0]?.from, bands[1]?.from);
    meets(dashes[1]?.to, bands[1]?.to);
  });

  it('draws what was seen once as a dot, what is suspect in red, and nothing for what had no price', async () => {
    await open('#/product/ecommerce/uzum/product/odd', 'Price history');
    await page.locator('canvas').waitFor();
    const { lines, bands, suspect } = await chartPixels(page);
    expect(lines.map(({ from, to }) => to - from < 10)).toEqual([true, false]);
    expect(suspect).toHaveLength(1);
    // After the dot, before the last line, and after the last sight.
    expect(bands).toHaveLength(3);
    if (screenshots !== undefined) await page.screenshot({ path: `${screenshots}/odd.png`, fullPage: true });
  });

  it('says what was known where the pointer is', async () => {
    await open(product, 'Older prices may be in the archive');
    const place = page.locator('.u-over');
    const { width = 0 } = (await place.boundingBox()) ?? {};
    const days = (Date.now() - Date.parse('2026-11-01T10:00:00Z')) / 86_400_000;
    const at = async (day: number) => {
      await place.hover({ position: { x: (width * (day - 1)) / days, y: 50 } });
      return await textOf('.pointed');
    };
    expect(await at(3)).toContain(
      '120\u202f000.50 UZS, confirmed from 2026-11-01 10:00:00 to 2026-11-06 10:00:00',
    );
    expect(await at(8)).toContain('not known since 2026-11-06 10:00:00');
    expect(await at(14.5)).toContain('taken back by late observations since 2026-11-14 10:00:00');
    expect(await at(20.5)).toContain('not confirmed since 2026-11-20 10:00:00');
    await page.mouse.move(0, 0);
    expect(await textOf('.pointed')).toContain('3 confirmed stretches');
  });

  it('is painted for the first time within a second', async () => {
    const paints: number[] = [];
    // The best of a few: a machine that does other things does not make the page slow.
    for (let look = 0; look < 3; look += 1) {
      await open(product, 'Price history');
      paints.push(
        await page.evaluate<number>(`new Promise((done) => new PerformanceObserver((list) =>
          done(list.getEntriesByName('first-contentful-paint')[0].startTime)).observe({ type: 'paint', buffered: true }))`),
      );
    }
    expect(Math.min(...paints)).toBeGreaterThan(0);
    expect(Math.min(...paints)).toBeLessThan(1_000);
    if (screenshots !== undefined)
      process.stderr.write(`first paint: ${paints.map(Math.round).join(', ')} ms\n`);
  });

  it('fits 360 and 1,600 pixels, in light and dark', { timeout: 120_000 }, async () => {
    for (const [name, hash, wanted] of [
      ['flow', '#/', 'one dead letter'],
      ['products', '#/products', 'Seller'],
      ['product', product, 'Older prices may be in the archive'],
      ['drops', '#/drops', '25.0 %'],
      ['sweeps', '#/sweeps', '9 unaccounted for'],
    ] as const)
      for (const width of [360, 1_600])
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.setViewportSize({ width, height: 900 });
          await page.emulateMedia({ colorScheme });
          await open(hash, wanted);
          const fits = `${name} at ${width}`;
          expect(await page.evaluate('document.documentElement.scrollWidth'), fits).toBeLessThanOrEqual(
            width,
          );
          // What a table is about, and whether books balance, is read without scrolling.
          const ends = await page.evaluate<number[]>(
            `[...document.querySelectorAll('caption span, td:nth-child(3) .bad')].map((one) => one.getBoundingClientRect().right)`,
          );
          expect(Math.max(0, ...ends), fits).toBeLessThanOrEqual(width);
          if (screenshots === undefined) continue;
          await page.screenshot({
            path: `${screenshots}/${name}-${width}-${colorScheme}.png`,
            fullPage: true,
          });
        }
  });

  it('draws the chart anew when its place or the colours change', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await open(product, 'Older prices may be in the archive');
    const wide = await chartPixels(page);
    await page.setViewportSize({ width: 700, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    const right = async () => (await chartPixels(page)).bands.at(-1)?.to ?? Number.POSITIVE_INFINITY;
    await expect.poll(right, { timeout: 15_000 }).toBeLessThan(Math.min(700, wide.bands.at(-1)?.to ?? 0));
    const lines = async () => (await chartPixels(page)).lines.length;
    await expect.poll(lines, { timeout: 15_000 }).toBe(wide.lines.length);
  });

  it('met no error of its own', () => {
    expect(faults).toEqual([]);
  });
});
