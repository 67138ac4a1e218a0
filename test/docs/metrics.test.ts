import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { metricCatalogue } from '../../functions/contract/metrics.ts';
import { countMetrics, metricsPage } from './metrics-page.ts';
import { stagesOfMetrics } from './stages-of-metrics.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const stages = stagesOfMetrics();
const sources = readdirSync('functions', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('marketplaces'))
  .map((file) => readFileSync(join('functions', file), 'utf8'))
  .join('\n');

describe('the catalogue of metrics', () => {
  it('is what docs/metrics.md says; npm run docs writes it', () => {
    expect(readFileSync('docs/metrics.md', 'utf8')).toBe(metricsPage(stages));
  });

  it.each(Object.keys(metricCatalogue))('%s is emitted somewhere', (key) => {
    expect(sources).toContain(`metric.${key}`);
  });

  it('costs no more than 250 custom metrics with every marketplace, and 85 with one', () => {
    const [whole, small] = stages.map(({ config }) => countMetrics(config));
    expect(whole).toBeLessThanOrEqual(250);
    expect(small).toBeLessThanOrEqual(85);
  });

  it('names as emitters only functions that exist', () => {
    const services = readdirSync('functions').flatMap((name) => /^(.+)\.lambda\.ts$/.exec(name)?.[1] ?? []);
    for (const [key, { emitters }] of Object.entries(metricCatalogue))
      for (const emitter of emitters) expect(services, key).toContain(emitter.split('/')[0]);
  });
});
