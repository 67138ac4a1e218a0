import { ask, el } from './dom.mjs';
import { flowView } from './flow.mjs';
import { dropsView, productsView } from './prices.mjs';
import { productView } from './product.mjs';
import { sweepsView } from './sweeps.mjs';

const views = {
  '': flowView,
  products: productsView,
  product: productView,
  drops: dropsView,
  sweeps: sweepsView,
};
/** Between two looks at the stage, in milliseconds. */
const every = 2000;

const main = document.getElementById('main');
const verdict = document.getElementById('verdict');
let apis = [];
let view = null;
let report = null;
let turn = 0;

/** Shows what the address names. `moved`: somebody went there, so the focus goes along. */
async function route(moved) {
  // A link to a part of this page is not a view.
  if (location.hash === '#main') return main.focus();
  const mine = ++turn;
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name = '', ...rest] = path.split('/');
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('href') === `#/${name === 'product' ? 'products' : name}`)
      link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  let next;
  try {
    if (!Object.hasOwn(views, name)) throw new Error(`There is no view “${name}”.`);
    if (apis.length === 0) apis = await ask('/apis.json');
    next = await views[name]({
      apis,
      path: rest.map(decodeURIComponent),
      parameters: new URLSearchParams(query),
    });
  } catch (error) {
    next = { title: 'That did not work', element: el('p', { class: 'bad', role: 'alert' }, error.message) };
  }
  // Somebody went elsewhere while this was being asked for.
  if (mine !== turn) return;
  view?.left?.();
  view = next;
  document.title = `${view.title} · narx`;
  const heading = el('h1', { tabindex: -1 }, view.title);
  main.replaceChildren(heading, view.element);
  if (moved) heading.focus();
  if (report !== null) view.status?.(report);
  view.shown?.();
}

async function look() {
  if (!document.hidden) {
    try {
      report = await ask('/status.json');
      const text = `${report.status}, narx-${report.stage}`;
      // Only what changed is announced.
      if (verdict.textContent !== text) verdict.textContent = text;
      verdict.className = `verdict ${report.status}`;
      view?.status?.(report);
    } catch (error) {
      verdict.textContent = `status unknown: ${error.message}`;
      verdict.className = 'verdict bad';
    }
  }
  setTimeout(look, every);
}

addEventListener('hashchange', () => route(true));
await route(false);
await look();
