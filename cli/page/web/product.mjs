import { priceChart } from './chart.mjs';
import { ask, el, liveTable, say } from './dom.mjs';
import { ago, money, time } from './format.mjs';

/** Pages of 500 stretches; what is beyond is said to be left out. */
const mostPages = 4;

async function stretchesOf(base, sku) {
  const stretches = [];
  let cursor = null;
  for (let page = 0; page < mostPages; page++) {
    const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await ask(`${base}/history?sku=${encodeURIComponent(sku)}&limit=500${after}`);
    stretches.push(...answer.stretches);
    cursor = answer.next;
    if (cursor === null) break;
  }
  return { stretches, more: cursor !== null };
}

/** One product with its offers, and the price history of one of them as a chart and as a table. */
export async function productView({ path: [domain, ...of] }) {
  const base = `/api/${encodeURIComponent(domain)}/products/${of.map(encodeURIComponent).join('/')}`;
  const product = await ask(base);
  const offers = liveTable('Offers', [
    ['offer', 'wide'],
    ['price', 'number'],
    ['before', 'number'],
    ['availability'],
    ['confirmed', 'number'],
  ]);
  offers.show(
    product.items.map((item) => [
      item.title || item.sku,
      money(item.price, item.currency),
      item.oldPrice === null ? '-' : money(item.oldPrice, item.currency),
      item.listed ? item.availability : 'no longer listed',
      `${ago(item.lastConfirmedAt)} ago`,
    ]),
    'none seen yet',
  );
  const choice = el(
    'select',
    {},
    ...product.items.map(({ sku, title }) => el('option', { value: sku }, title || sku)),
  );
  const chart = el('figure');
  const table = liveTable('Price history as a table (times in UTC)', [
    ['first seen'],
    ['confirmed until'],
    ['price', 'number'],
    ['availability'],
    ['unknown before it', 'wide'],
  ]);
  let takeAway = () => undefined;
  const show = async () => {
    const { stretches, more } = await stretchesOf(base, choice.value);
    // Somebody went elsewhere while this was being asked for.
    if (!chart.isConnected) return;
    const name = choice.selectedOptions[0].textContent;
    takeAway();
    takeAway = priceChart(chart, stretches, { name, now: Date.now(), more });
    table.show(
      stretches.map((one) => [
        time(one.from),
        `${time(one.confirmedUntil)}${one.open ? ', newest' : ''}`,
        `${money(one.price, one.currency)}${one.suspect ? ' (suspect)' : ''}`,
        one.availability,
        [
          one.gapBefore === null ? '-' : ago(one.gapBefore.from, Date.parse(one.gapBefore.to)),
          ...(one.gapBefore?.contradicted ? ['taken back by late observations'] : []),
          ...(one.archivedBefore ? ['may be in the archive'] : []),
        ].join(', '),
      ]),
      'no price seen yet',
    );
    say(`${stretches.length} confirmed stretches of ${name}`);
  };
  const fail = (error) => chart.replaceChildren(el('p', { class: 'bad', role: 'alert' }, error.message));
  choice.addEventListener('change', () => show().catch(fail));
  const history =
    product.items.length === 0
      ? []
      : [
          el('h2', {}, 'Price history'),
          ...(product.items.length > 1 ? [el('form', {}, el('label', {}, 'Offer', choice))] : []),
          chart,
          el('details', {}, el('summary', {}, 'The same as a table'), table.element),
        ];
  const gone = product.goneSince === null ? '' : `, gone since ${time(product.goneSince)} UTC`;
  return {
    title: product.title || `${product.kind} ${product.externalId}`,
    element: el(
      'div',
      {},
      el(
        'p',
        { class: 'soft' },
        `${product.marketplace} ${product.kind} ${product.externalId}; last confirmed ${ago(product.lastConfirmedAt)} ago${gone}`,
      ),
      ...history,
      el('section', {}, offers.element),
    ),
    // The chart is as wide as its place, which it has only once it is on the page.
    shown: () => (product.items.length === 0 ? undefined : show().catch(fail)),
    left: () => takeAway(),
  };
}
