/**
 * `npx narx bench parse [marketplace...]`: how long a page takes to classify and parse, against bare JSON.parse of the
 * JSON in it. Bodies are the simulator's, of real size and shape. A body that is JSON is given to JSON.parse as it came,
 * as bytes; JSON inside a page is already cut out and decoded. It says how fast this machine could possibly go.
 */
import type { Page } from '../functions/core/marketplace.ts';
import type { Reference } from '../functions/core/model/reference.ts';
import { findMarketplace, marketplaces } from '../functions/marketplaces/index.ts';
import { OlxSite } from '../simulator/olx/site.ts';
import { readOptions } from '../simulator/options.ts';
import type { Site } from '../simulator/site.ts';
import { UzexSite } from '../simulator/uzex/site.ts';
import { UzumSite } from '../simulator/uzum/site.ts';
import { navnodes } from '../simulator/yandex/showcase.ts';
import { YandexSite } from '../simulator/yandex/site.ts';

const THINGS = 60;
const ROUNDS = 30;
/** An environment parses thousands of pages: what is measured is compiled code. */
const WARM_UP = 10;

const options = readOptions(['--yandex-products', '400', '--uzum-products', '400']);
const sites: readonly Site[] = [
  new UzumSite(options.uzum),
  new OlxSite(options.olx),
  new UzexSite(options.uzex),
  new YandexSite(options.yandex),
];
/** Lists, which the truth does not name. */
const lists: Readonly<Record<string, readonly string[]>> = {
  olx: ['offers?offset=0&limit=40'],
  yandex: navnodes.map(({ nid, slug }) => `/catalog--${slug}/${nid}/list`),
};

interface Sample {
  reference: Reference;
  page: Page;
  /** The JSON in the body: as it came where the body is nothing else, as text where it stands in a page. */
  json: readonly (string | Buffer)[];
}

function sampleOf(site: Site, reference: Reference): Sample | null {
  const marketplace = findMarketplace(site.id);
  if (!marketplace) return null;
  const { method, url, headers, body } = marketplace.request(reference);
  const { host, pathname: path, search } = new URL(url);
  const ask = { host, method, path, query: search.slice(1), headers, body: body ?? '', epoch: 0, now: 0 };
  const sent = site.answer(ask, { shape: site.shapes[0] ?? '', absurd: null, empty: false });
  const page = { url, status: sent.status, headers: {}, body: sent.body, receivedAt: new Date(0) };
  const text = sent.body.toString('utf8');
  const json = /^\s*[[{]/.test(text)
    ? [sent.body]
    : [
        ...text.matchAll(
          /<(?:noframes data-apiary|script type="application\/ld)[^>]*>(.*?)<\/(?:noframes|script)/gs,
        ),
      ].map(([, block]) => block ?? '');
  const result = marketplace.classify(page) ?? marketplace.parse(page, { reference });
  return result.outcome === 'ok' ? { reference, page, json } : null;
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** Median milliseconds of both over all samples, one right after the other, so that the machine is the same for both. */
function measure(
  samples: readonly Sample[],
  ours: (sample: Sample) => void,
  bare: (sample: Sample) => void,
): { ours: number; bare: number } {
  const times = { ours: [] as number[], bare: [] as number[] };
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1)
    for (const sample of samples) {
      const started = performance.now();
      ours(sample);
      const between = performance.now();
      bare(sample);
      if (round < WARM_UP) continue;
      times.ours.push(between - started);
      times.bare.push(performance.now() - between);
    }
  return { ours: median(times.ours), bare: median(times.bare) };
}

const wanted = process.argv.slice(2);
const rows: string[][] = [['marketplace', 'page', 'KB', 'parse ms', 'JSON.parse ms', 'ratio']];
for (const site of sites) {
  const marketplace = findMarketplace(site.id);
  if (!marketplace || (wanted.length > 0 && !wanted.includes(site.id))) continue;
  const things = [...site.truth(0)].slice(0, THINGS).flatMap(({ kind, externalId }): Reference[] => {
    const reference = { kind, externalId } as Reference;
    try {
      marketplace.request(reference);
      return [reference];
    } catch {
      return [];
    }
  });
  const pages = (lists[site.id] ?? []).map((externalId): Reference => ({ kind: 'listing', externalId }));
  for (const [name, references] of [
    ['detail', things],
    ['list', pages],
  ] as const) {
    const samples = references.flatMap((reference) => sampleOf(site, reference) ?? []);
    if (samples.length === 0) continue;
    const { ours, bare } = measure(
      samples,
      ({ page, reference }) => {
        if (marketplace.classify(page) === null) marketplace.parse(page, { reference });
      },
      ({ json }) => {
        for (const document of json) JSON.parse(document.toString());
      },
    );
    const kilobytes = median(samples.map(({ page }) => page.body.length / 1024));
    rows.push([
      site.id,
      name,
      kilobytes.toFixed(0),
      ours.toFixed(3),
      bare.toFixed(3),
      (ours / bare).toFixed(1),
    ]);
  }
}
const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
for (const row of rows)
  console.log(
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
if (rows.length === 1)
  console.error(`No such marketplace; there are ${Object.keys(marketplaces).join(', ')}.`);
