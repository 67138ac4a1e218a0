/**
 * An element. Children are nodes or become text: nothing is ever read as HTML, because titles come from marketplaces.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A table that stays in place while its rows are exchanged, so that neither focus nor scroll position is lost. Columns are
 * `[title, class]`; cells are text or nodes.
 */
export function liveTable(caption, columns) {
  const body = el('tbody');
  const head = columns.map(([title, kind]) => el('th', { scope: 'col', class: kind }, title));
  const table = el(
    'table',
    {},
    el('caption', {}, el('span', {}, caption)),
    el('thead', {}, el('tr', {}, ...head)),
    body,
  );
  const element = el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption }, table);
  const row = (cells) => el('tr', {}, ...cells.map((cell, at) => el('td', { class: columns[at][1] }, cell)));
  return {
    element,
    show(rows, none) {
      const nothing = el('tr', {}, el('td', { colspan: columns.length, class: 'soft' }, none));
      body.replaceChildren(...(rows.length > 0 ? rows.map(row) : [nothing]));
    },
    add(rows) {
      body.append(...rows.map(row));
    },
  };
}

/** Tells it to whoever listens instead of looking. */
export function say(text) {
  const live = document.getElementById('live');
  if (live.textContent !== text) live.textContent = text;
}

/** JSON from this server. Throws an Error with the sentence that the server gave. */
export async function ask(address) {
  const response = await fetch(address);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    const faults = (body.errors ?? []).map(({ parameter, message }) => `${parameter}: ${message}`);
    throw new Error([body.detail ?? body.message ?? `status ${response.status}`, ...faults].join('; '));
  }
  return body;
}
