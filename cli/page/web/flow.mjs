import { el, liveTable } from './dom.mjs';
import { ago, count } from './format.mjs';

const sum = (values) => values.reduce((total, value) => (value === null ? Number.NaN : total + value), 0);

/** From dispatch to the database, in the order in which a reference passes. */
function stations({ queues, sweeps, spilled }) {
  const books = (name) => (sweeps === null ? null : sum(sweeps.map((sweep) => sweep.books?.[name] ?? null)));
  const queued = (kind, name) =>
    sum(queues.filter((queue) => queue.name.endsWith(`-${kind}`)).map((queue) => queue[name]));
  const dead = sum(queues.map((queue) => queue.dead));
  return [
    ['dispatched', books('dispatched'), 'by the newest sweeps'],
    ['jobs waiting', queued('jobs', 'waiting'), `${count(queued('jobs', 'inFlight'))} being scraped`],
    [
      'snapshots waiting',
      queued('snapshots', 'waiting'),
      `${count(queued('snapshots', 'inFlight'))} being stored`,
    ],
    ['stored', books('stored'), `${count(books('unchanged'))} unchanged, ${count(books('gone'))} gone`],
    ['set aside', sum([books('quarantined'), books('parked')]), 'quarantined or parked'],
    ['dead letters', dead, dead > 0 ? 'npx narx dlq list' : 'in all queues'],
    ['spilled to S3', spilled?.batches ?? null, spilled?.more ? 'batches, and more' : 'batches'],
  ];
}

export function flowView() {
  const flow = el('ol', { class: 'flow', 'aria-label': 'From dispatch to the database' });
  const alarms = liveTable('Alarms that are on', [['alarm', 'wide'], ['for'], ['reason', 'wide']]);
  const pauses = liveTable('What is paused', [['what'], ['by'], ['for'], ['until'], ['reason', 'wide']]);
  const markets = liveTable('Gates, and how fresh prices are', [
    ['marketplace'],
    ['gate'],
    ['asks/s', 'number'],
    ['newest', 'number'],
    ['oldest', 'number'],
    ['target', 'number'],
    ['confirmed 24 h', 'number'],
  ]);
  const queues = liveTable('Queues', [
    ['queue'],
    ['consumer'],
    ['waiting', 'number'],
    ['in flight', 'number'],
    ['delayed', 'number'],
    ['dead', 'number'],
  ]);
  const domains = liveTable('Breakers', [['storage domain'], ['breaker']]);
  const dependencies = liveTable('What it depends on', [
    ['dependency'],
    ['status'],
    ['ms', 'number'],
    ['detail', 'wide'],
  ]);
  const mark = (text, isBad) => (isBad ? el('span', { class: 'bad' }, text) : text);
  return {
    title: 'Flow',
    element: el(
      'div',
      {},
      flow,
      ...[alarms, pauses, markets, domains, queues, dependencies].map((table) =>
        el('section', {}, table.element),
      ),
    ),
    status(report) {
      const since = (at) => ago(at, Date.parse(report.at));
      flow.replaceChildren(
        ...stations(report).map(([name, value, detail]) =>
          el('li', {}, name, el('strong', {}, count(value)), el('span', { class: 'soft' }, detail)),
        ),
      );
      const unknown = (list, none) => (list === null ? '? did not answer' : none);
      alarms.show(
        (report.alarms ?? []).map(({ name, since: at, reason }) => [mark(name, true), since(at), reason]),
        unknown(report.alarms, 'none'),
      );
      pauses.show(
        (report.pauses ?? []).map(({ owner, by, since: at, nextProbe, reason }) => [
          owner,
          by,
          since(at),
          nextProbe === null ? 'an operator ends it' : `tried again ${nextProbe.slice(11, 19)}`,
          reason,
        ]),
        unknown(report.pauses, 'nothing'),
      );
      markets.show(
        report.marketplaces.map(({ id, gate, perSecond, freshness }) => [
          id,
          mark(gate ?? '?', gate !== 'open'),
          perSecond === null ? '?' : String(Math.round(perSecond * 10) / 10),
          since(freshness?.newestObservationAt),
          mark(since(freshness?.oldestConfirmationAt), freshness?.fresh === false),
          freshness ? `${freshness.targetHours} h` : '?',
          freshness?.measuredAt ? count(freshness.confirmedLastDay) : '-',
        ]),
        'none enabled',
      );
      domains.show(
        report.domains.map(({ id, breaker }) => [id, mark(breaker ?? '?', breaker !== 'closed')]),
        'none',
      );
      queues.show(
        report.queues.map(({ name, consumer, waiting, inFlight, delayed, dead }) => [
          name,
          mark(consumer ?? '?', consumer !== 'Enabled'),
          count(waiting),
          count(inFlight),
          count(delayed),
          mark(count(dead), dead > 0),
        ]),
        'none',
      );
      dependencies.show(
        report.dependencies.map(({ name, status, latencyMs, detail }) => [
          name,
          mark(status, status !== 'UP'),
          count(latencyMs),
          detail ?? '',
        ]),
        'none',
      );
    },
  };
}
