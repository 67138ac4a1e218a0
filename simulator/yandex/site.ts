import { stream } from '../dice.ts';
import type { BlockKind } from '../faults/knobs.ts';
import { captchaPage, refusal } from '../faults/refusals.ts';
import { type Answer, type Ask, answer, HTML_TYPE, type Manner, type Shown, type Site } from '../site.ts';
import type { Style } from './blocks.ts';
import { foreignPage, listingPage, missingPage, productPage } from './page.ts';
import { type MarketState, type Navnode, navnodes, Showcase, type YandexOptions } from './showcase.ts';

const ITEMS_PER_PAGE = 8;
const RELATED = 6;

const MISSING_STATUS = stream('status of a missing product');
const NEIGHBOURS = stream('related offers');

const PRODUCT = /^\/product--[^/]*\/(\d+)$/;
const CARD = /^\/card\/[^/]*\/(\d+)$/;
const CATALOG = /^\/catalog--[^/]*\/(\d+)\/list$/;

const ROBOTS = `User-agent: *
Disallow: /my/
Disallow: /cart
Disallow: /safeclick/
Allow: /product--
Allow: /catalog--
`;

/** Yandex Market of Uzbekistan: server-rendered pages. */
export class YandexSite implements Site {
  readonly id = 'yandex';
  readonly hosts = ['market.yandex.uz'];
  readonly shapes = ['2025', '2024'] as const;
  readonly #showcase: Showcase;

  constructor(options: YandexOptions) {
    this.#showcase = new Showcase(options);
  }

  answer(ask: Ask, manner: Manner): Answer {
    if (ask.path === '/robots.txt') return answer(200, 'text/plain', ROBOTS);
    if (ask.path.startsWith('/showcaptcha'))
      return answer(200, HTML_TYPE, captchaPage(`https://${ask.host}/`), {
        headers: ['X-Yandex-Captcha', 'captcha'],
      });
    const product = PRODUCT.exec(ask.path);
    if (product) return this.#product('product', product[1] ?? '', ask, manner);
    const card = CARD.exec(ask.path);
    if (card) return this.#product('card', card[1] ?? '', ask, manner);
    const catalog = CATALOG.exec(ask.path);
    const node = catalog ? navnodes.find(({ nid }) => String(nid) === catalog[1]) : undefined;
    if (node) return this.#listing(node, null, ask, manner);
    const parameters = new URLSearchParams(ask.query);
    if (ask.path === '/search') return this.#listing(null, parameters.get('text') ?? '', ask, manner);
    return answer(404, HTML_TYPE, missingPage('0', ask.path));
  }

  refuse(ask: Ask, kind: BlockKind, retryAfterSeconds: number): Answer {
    return refusal(ask, kind, retryAfterSeconds, `https://${ask.host}`);
  }

  truth(epoch: number) {
    return this.#showcase.truth(epoch);
  }

  #style({ shape, absurd }: Manner): Style {
    return { older: shape === '2024', absurd };
  }

  #product(form: 'product' | 'card', id: string, ask: Ask, manner: Manner): Answer {
    const number = this.#showcase.find(form, Number(id), ask.epoch);
    if (number === null) {
      // The status of this page was never recorded: both are possible.
      const status = this.#showcase.dice.share(MISSING_STATUS, Number(id)) < 0.5 ? 404 : 200;
      return answer(status, HTML_TYPE, missingPage(id, ask.path));
    }
    const state = this.#showcase.state(number, ask.epoch);
    if (manner.empty) return answer(200, HTML_TYPE, '<!DOCTYPE html><html><head></head><body></body></html>');
    if (manner.shape === 'unknown') return answer(200, HTML_TYPE, foreignPage([state]));
    const body = productPage(state, this.#related(number, ask.epoch), ask.path, this.#style(manner));
    return answer(200, HTML_TYPE, body, { shown: [this.#shown(state, 'detail')] });
  }

  #related(number: number, epoch: number): MarketState[] {
    const { dice, products } = this.#showcase;
    const related: MarketState[] = [];
    for (let i = 0; i < RELATED; i++) {
      const other = dice.below(products, NEIGHBOURS, number, i);
      if (other !== number) related.push(this.#showcase.state(other, epoch));
    }
    return related;
  }

  #listing(node: Navnode | null, text: string | null, ask: Ask, manner: Manner): Answer {
    const page = Math.max(1, Number(new URLSearchParams(ask.query).get('page') ?? 1));
    const found = manner.empty ? [] : [...this.#showcase.onSale(ask.epoch, node?.nid ?? null, text)];
    const states = found.slice((page - 1) * ITEMS_PER_PAGE, page * ITEMS_PER_PAGE);
    if (manner.shape === 'unknown') return answer(200, HTML_TYPE, foreignPage(states));
    const listing = {
      node,
      text,
      page,
      pageCount: Math.ceil(found.length / ITEMS_PER_PAGE),
      itemsPerPage: ITEMS_PER_PAGE,
      total: found.length,
      states,
    };
    return answer(200, HTML_TYPE, listingPage(listing, ask.path, this.#style(manner)), {
      shown: states.map((state) => this.#shown(state, 'listing')),
    });
  }

  #shown({ product }: MarketState, via: Shown['via']): Shown {
    return { kind: 'product', externalId: String(product.modelId), via };
  }
}
