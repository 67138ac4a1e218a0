import { el, liveTable } from './dom.mjs';
import { ago, count } from './format.mjs';

const columns = [
  'dispatched',
  'stored',
  'unchanged',
  'gone',
  'quarantined',
  'parked',
  'deadLettered',
  'inFlight',
];

/** Dispatched is the sum of all that became of it, or the books say that something is lost. */
function difference(books) {
  return columns.slice(1).reduce((left, name) => left - books[name], books.dispatched);
}

export function sweepsView() {
  const table = liveTable(
    'The newest sweep of each marketplace and mode: what was dispatched, and what became of it',
    [
      ['sweep'],
      ['began', 'number'],
      ['books'],
      ...['dispatched', 'stored', 'unchanged', 'gone', 'quarantined', 'parked', 'dead', 'in flight'].map(
        (name) => [name, 'number'],
      ),
    ],
  );
  return {
    title: 'Books of the sweeps',
    element: el(
      'div',
      {},
      table.element,
      el('p', { class: 'soft' }, 'A + says that dispatch has not come to the end of the sweep.'),
    ),
    status({ sweeps, at }) {
      const rows = (sweeps ?? []).map(({ marketplace, mode, startedAt, planned, books }) => [
        `${marketplace} ${mode}`,
        ago(startedAt, Date.parse(at)),
        verdict(books),
        ...columns.map((name) => `${count(books?.[name])}${name === 'dispatched' && !planned ? '+' : ''}`),
      ]);
      table.show(rows, sweeps === null ? '? DynamoDB did not answer' : 'no sweeps yet');
    },
  };
}

function verdict(books) {
  if (books === null) return '?';
  const left = difference(books);
  return left === 0 ? 'balanced' : el('span', { class: 'bad' }, `${count(left)} unaccounted for`);
}
