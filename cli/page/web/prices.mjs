import { ask, el, liveTable, say } from './dom.mjs';
import { ago, count, money, productLink, time } from './format.mjs';

/** A list with pages: `first` is asked for at once, and a button asks for the next page. */
function paged(table, address, rowOf, { none, told }) {
  const more = el('button', { type: 'button', hidden: '' }, 'More');
  const fault = el('p', { class: 'bad', role: 'alert' });
  let cursor = null;
  const load = async () => {
    try {
      const page = await ask(cursor === null ? address : `${address}&cursor=${encodeURIComponent(cursor)}`);
      fault.textContent = '';
      if (cursor === null) table.show(page.items.map(rowOf), none);
      else table.add(page.items.map(rowOf));
      cursor = page.next;
      more.hidden = cursor === null;
      say(told(page));
    } catch (error) {
      fault.textContent = error.message;
    }
  };
  more.addEventListener('click', load);
  void load();
  return [fault, table.element, more];
}

function domainChoice(apis, domain) {
  const options = apis.map((name) =>
    el('option', { value: name, selected: name === domain ? '' : null }, name),
  );
  return el('select', { name: 'domain' }, ...options);
}

const titleCell = (domain, item) =>
  el('a', { href: productLink(domain, item) }, item.title || `${item.kind} ${item.externalId}`);

function form(path, ...fields) {
  const element = el('form', { role: 'search' }, ...fields, el('button', {}, 'Show'));
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    location.hash = `#/${path}?${new URLSearchParams(new FormData(element))}`;
  });
  return element;
}

/** Search by the words of a title. */
export function productsView({ apis, parameters }) {
  const domain = parameters.get('domain') ?? apis[0];
  const q = (parameters.get('q') ?? '').trim();
  const table = liveTable(q === '' ? 'All products' : `Products with “${q}” in their title`, [
    ['title', 'wide'],
    ['price', 'number'],
    ['confirmed', 'number'],
    ['marketplace'],
    ['seller'],
    ['offers', 'number'],
  ]);
  const address = `/api/${encodeURIComponent(domain)}/products?limit=50${q === '' ? '' : `&q=${encodeURIComponent(q)}`}`;
  const price = (item) => {
    if (item.price === null) return '-';
    const { lowest, highest, currency } = item.price;
    return lowest === highest
      ? money(lowest, currency)
      : `${money(lowest, '').trim()}–${money(highest, currency)}`;
  };
  const rowOf = (item) => [
    titleCell(domain, item),
    price(item),
    item.goneSince === null ? `${ago(item.lastConfirmedAt)} ago` : `gone for ${ago(item.goneSince)}`,
    item.marketplace,
    item.seller?.title || '-',
    count(item.offers),
  ];
  const words = el('input', { name: 'q', type: 'search', value: q, maxlength: 200, autocomplete: 'off' });
  return {
    title: 'Products',
    element: el(
      'div',
      {},
      form(
        'products',
        el('label', {}, 'Words of the title', words),
        el('label', {}, 'Storage domain', domainChoice(apis, domain)),
      ),
      ...paged(table, address, rowOf, {
        none: 'nothing found',
        told: ({ items, matches }) =>
          matches === null
            ? `${items.length} products shown`
            : `${matches.count}${matches.more ? ' and more' : ''} found`,
      }),
    ),
  };
}

/** The biggest price drops of the last day. */
export function dropsView({ apis, parameters }) {
  const domain = parameters.get('domain') ?? apis[0];
  const table = liveTable('The biggest price drops of the last day', [
    ['title', 'wide'],
    ['fell by', 'number'],
    ['after', 'number'],
    ['before', 'number'],
    ['marketplace'],
    ['seen (UTC)', 'number'],
    ['still so'],
  ]);
  const rowOf = (item) => [
    titleCell(domain, item),
    `${item.percent.toFixed(1)} %`,
    money(item.price, item.currency),
    money(item.priceBefore, item.currency),
    item.marketplace,
    time(item.seenAt),
    item.current ? `confirmed ${ago(item.lastConfirmedAt)} ago` : 'no, changed since',
  ];
  return {
    title: 'Recent drops',
    element: el(
      'div',
      {},
      form('drops', el('label', {}, 'Storage domain', domainChoice(apis, domain))),
      ...paged(table, `/api/${encodeURIComponent(domain)}/drops?limit=50`, rowOf, {
        none: 'no drops',
        told: ({ items }) => `${items.length} drops shown`,
      }),
    ),
  };
}
