import type { BlockKind } from '../faults/knobs.ts';
import { captchaPage, refusal } from '../faults/refusals.ts';
import {
  type Answer,
  type Ask,
  answer,
  HTML_TYPE,
  JSON_TYPE,
  type Manner,
  type Shown,
  type Site,
} from '../site.ts';
import { type AdState, apiOffer, pathOf, stateAd } from './form.ts';
import { Market, type OlxOptions, olxCategories } from './market.ts';
import { page, statelessPage } from './page.ts';
import { MAX_LIMIT, MAX_SHOWN, type Query, readQuery, search } from './search.ts';

const API = '/api/v1/offers';
const AD_PAGE = /^\/d\/(?:oz\/)?obyavlenie\/.*-ID([0-9a-z]+)\.html$/i;
const PAGE_SIZE = 40;
/** The API does not always call its JSON by the usual name. */
const X_JSON = 'application/x-json; charset=utf-8';

const ROBOTS = `User-agent: *
Disallow: /myaccount/
Disallow: /adding/
Disallow: /api/v1/offers/*/limited-phones/
`;

type Json = Record<string, unknown>;

/** OLX.uz: the JSON API and the pages that carry their state. */
export class OlxSite implements Site {
  readonly id = 'olx';
  readonly hosts = ['www.olx.uz'];
  /** `bare`: responses without metadata and links, and with relative addresses. */
  readonly shapes = ['2026', 'bare'] as const;
  readonly #market: Market;

  constructor(options: OlxOptions) {
    this.#market = new Market(options);
  }

  answer(ask: Ask, manner: Manner): Answer {
    if (ask.path === '/robots.txt') return answer(200, 'text/plain', ROBOTS);
    if (ask.path === '/showcaptcha') return answer(200, HTML_TYPE, captchaPage(`https://${ask.host}/`));
    if (ask.path === API || ask.path === `${API}/`) return this.#list(ask, manner);
    const offer = /^\/api\/v1\/offers\/(\d+)\/?$/.exec(ask.path);
    if (offer) return this.#offer(Number(offer[1]), ask, manner);
    const adPage = AD_PAGE.exec(ask.path);
    if (adPage) return this.#adPage(adPage[1] ?? '', ask, manner);
    const path = ask.path.replace(/\/$/, '');
    const category = olxCategories.find((each) => each.path === path);
    if (category || path === '/list') return this.#listPage(category?.id ?? null, ask, manner);
    return answer(404, HTML_TYPE, statelessPage('404', '<h1>Страница не найдена</h1>'));
  }

  refuse(ask: Ask, kind: BlockKind, retryAfterSeconds: number): Answer {
    return refusal(ask, kind, retryAfterSeconds, `https://${ask.host}`);
  }

  truth(epoch: number) {
    return this.#market.truth(epoch);
  }

  #state(number: number, epoch: number, manner: Manner): AdState {
    const ad = this.#market.ad(number);
    return {
      ad,
      epoch,
      active: this.#market.active(number, epoch),
      price: this.#market.price(ad, epoch),
      absurd: manner.absurd,
    };
  }

  #shown({ ad, active }: AdState, via: Shown['via']): Shown[] {
    return active ? [{ kind: 'ad', externalId: String(ad.id), via }] : [];
  }

  #offer(id: number, ask: Ask, manner: Manner): Answer {
    const number = this.#market.numberOf(id, ask.epoch);
    const state = number === null ? null : this.#state(number, ask.epoch, manner);
    if (state === null || (!state.active && !this.#market.lingers(state.ad.number)))
      return answer(
        404,
        JSON_TYPE,
        '{"error":{"status":404,"code":404,"title":"Not Found","detail":"Offer not found"}}',
      );
    if (manner.empty) return answer(200, JSON_TYPE, '{"data":null}');
    const offer = apiOffer(this.#market, state, manner.shape === 'bare');
    const body = manner.shape === 'unknown' ? { item: renamed(offer) } : { data: offer };
    return answer(200, JSON_TYPE, JSON.stringify(body), { shown: this.#shown(state, 'detail') });
  }

  #list(ask: Ask, manner: Manner): Answer {
    const query = readQuery(ask.query);
    if (!(query.limit >= 0 && query.limit <= MAX_LIMIT)) {
      const validation = [{ field: 'limit', title: `Must be between 0 and ${MAX_LIMIT}` }];
      const error = {
        status: 400,
        code: 400,
        title: 'Invalid request',
        detail: 'Data validation error occurred',
        validation,
      };
      return answer(400, JSON_TYPE, JSON.stringify({ error }));
    }
    const { organic, promoted, found } = search(this.#market, query, ask.epoch);
    const numbers = manner.empty ? [] : [...promoted, ...organic];
    const states = numbers.map((number) => this.#state(number, ask.epoch, manner));
    const data = states.map((state) => apiOffer(this.#market, state, manner.shape === 'bare'));
    const shown = states.flatMap((state) => this.#shown(state, 'listing'));
    if (manner.shape === 'bare') return answer(200, X_JSON, JSON.stringify({ data }), { shown });
    if (manner.shape === 'unknown')
      return answer(200, X_JSON, JSON.stringify({ result: { items: data.map(renamed) } }));
    const total = manner.empty ? 0 : found;
    const body = {
      data,
      metadata: {
        total_elements: Math.min(MAX_SHOWN, total),
        visible_total_count: total,
        promoted: promoted.map((_, i) => i),
        search_id: `sim-${ask.epoch}`,
      },
      links: links(query, ask, Math.min(MAX_SHOWN, total)),
    };
    return answer(200, X_JSON, JSON.stringify(body), { shown });
  }

  #adPage(code: string, ask: Ask, manner: Manner): Answer {
    const number = this.#market.numberOfCode(code, ask.epoch);
    const state = number === null ? null : this.#state(number, ask.epoch, manner);
    if (state === null || (!state.active && !this.#market.lingers(state.ad.number)))
      return answer(404, HTML_TYPE, statelessPage('404', '<h1>Это объявление больше не доступно</h1>'));
    const heading = `<h1>${state.ad.title}</h1>`;
    if (manner.empty || manner.shape === 'unknown')
      return answer(200, HTML_TYPE, statelessPage(state.ad.title, manner.empty ? '' : heading));
    const ad = stateAd(this.#market, state, 'ad page', '');
    return answer(200, HTML_TYPE, page(state.ad.title, heading, { ad: { ad } }), {
      shown: this.#shown(state, 'detail'),
    });
  }

  /** Its prices are partly converted ones, so it shows nothing that counts. */
  #listPage(categoryId: number | null, ask: Ask, manner: Manner): Answer {
    const pageNumber = Math.max(1, Number(new URLSearchParams(ask.query).get('page') ?? 1));
    const query = {
      ...readQuery(ask.query),
      categoryId,
      offset: (pageNumber - 1) * PAGE_SIZE,
      limit: PAGE_SIZE,
    };
    const { organic, promoted, found } = search(this.#market, query, ask.epoch);
    const promotedAds = promoted.map((number) => ({ number, reason: 'promoted' }));
    const all = [...promotedAds, ...organic.map((number) => ({ number, reason: 'organic' }))];
    const states = manner.empty
      ? []
      : all.map((each) => ({ ...each, state: this.#state(each.number, ask.epoch, manner) }));
    const cards = states.map(
      ({ state }) => `<div data-cy="l-card"><a href="${pathOf(state.ad)}">${state.ad.title}</a></div>`,
    );
    if (manner.shape === 'unknown') return answer(200, HTML_TYPE, statelessPage('OLX', cards.join('')));
    const total = manner.empty ? 0 : found;
    const totalElements = Math.min(MAX_SHOWN, total);
    const listing = {
      pageNumber: pageNumber - 1,
      totalPages: Math.ceil(totalElements / PAGE_SIZE),
      totalElements,
      visibleElements: total,
      ads: states.map(({ state, reason }) => stateAd(this.#market, state, 'list page', reason)),
      metaData: {},
      links: {},
      params: { category_id: categoryId },
    };
    const list = olxCategories.map(({ id, title, path }) => ({ id, name: title, path }));
    return answer(
      200,
      HTML_TYPE,
      page('OLX', cards.join(''), { listing: { listing }, categories: { list } }),
    );
  }
}

const renamed = (offer: Json): Json => ({
  adId: offer.id,
  heading: offer.title,
  text: offer.description,
  attributes: offer.params,
});

function links(query: Query, ask: Ask, shown: number): Json {
  const href = (offset: number) => {
    const parameters = new URLSearchParams(ask.query);
    parameters.set('offset', String(offset));
    parameters.set('limit', String(query.limit));
    return { href: `https://${ask.host}${API}?${parameters}` };
  };
  const { offset, limit } = query;
  return {
    self: href(offset),
    ...(offset + limit < shown ? { next: href(offset + limit) } : {}),
    ...(offset > 0 ? { previous: href(Math.max(0, offset - limit)) } : {}),
    first: href(0),
  };
}
