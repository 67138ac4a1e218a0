import { stream } from '../dice.ts';
import type { BlockKind } from '../faults/knobs.ts';
import { captchaPage, refusal } from '../faults/refusals.ts';
import { type Answer, type Ask, answer, HTML_TYPE, JSON_TYPE, type Manner, type Site } from '../site.ts';
import { BodyWriter, timestamp } from './body.ts';
import { Catalogue, type UzumOptions } from './catalogue.ts';
import { Listings, readSearch } from './listing.ts';
import { Parts } from './parts.ts';
import { reshape, uzumShapes } from './shapes.ts';

const MISSING_FORM = stream('how a missing product is reported');

const REST = 'api.uzum.uz';
const GRAPHQL = 'graphql.uzum.uz';

const PRODUCT = '/api/v2/product/';
const CATEGORY = '/api/category/v2/';

const ROBOTS = `User-agent: *
Disallow: /api/user/
Disallow: /api/order/
Allow: /api/v2/product/
Allow: /api/main/
`;

/** Uzum: the REST API and the GraphQL gateway. */
export class UzumSite implements Site {
  readonly id = 'uzum';
  readonly hosts = [REST, GRAPHQL];
  readonly shapes = uzumShapes;
  readonly #catalogue: Catalogue;
  readonly #bodies: BodyWriter;
  readonly #listings: Listings;

  constructor(options: UzumOptions) {
    this.#catalogue = new Catalogue(options);
    const parts = new Parts(this.#catalogue.dice);
    this.#bodies = new BodyWriter(this.#catalogue, parts);
    this.#listings = new Listings(this.#catalogue, parts);
  }

  answer(ask: Ask, manner: Manner): Answer {
    if (ask.host === REST && ask.method === 'GET' && ask.path.startsWith(PRODUCT))
      return this.#product(ask, manner);
    if (ask.path === '/robots.txt') return answer(200, 'text/plain', ROBOTS);
    if (ask.path === '/showcaptcha') return answer(200, HTML_TYPE, captchaPage(`https://${ask.host}/`));
    return ask.host === GRAPHQL ? this.#graphql(ask, manner) : this.#rest(ask, manner);
  }

  refuse(ask: Ask, kind: BlockKind, retryAfterSeconds: number): Answer {
    return refusal(ask, kind, retryAfterSeconds, `https://${ask.host}`);
  }

  truth(epoch: number) {
    return this.#catalogue.truth(epoch);
  }

  #product(ask: Ask, manner: Manner): Answer {
    const text = ask.path.slice(PRODUCT.length);
    const id = Number(text);
    if (!Number.isSafeInteger(id) || String(id) !== text)
      return this.#error(400, ask, 'bad-request', `Failed to convert value "${text}".`);
    // The soft refusal that was reported for this endpoint: 200 and not one byte.
    if (manner.empty) return answer(200, JSON_TYPE, '');
    if (!this.#catalogue.exists(id, ask.epoch)) return this.#missing(id, ask);
    const product = this.#catalogue.product(id);
    const body = this.#bodies.product(product, ask.epoch, ask.now, manner.absurd);
    return answer(200, JSON_TYPE, reshape(body, manner.shape), {
      shown: [{ kind: 'product', externalId: text, via: 'detail' }],
    });
  }

  #missing(id: number, ask: Ask): Answer {
    const form = this.#catalogue.dice.share(MISSING_FORM, id);
    const now = timestamp(this.#catalogue, ask.now);
    if (form < 0.06)
      return answer(200, JSON_TYPE, `{"payload":{"data":null,"seo":null},"timestamp":"${now}"}`);
    if (form < 0.1) return answer(200, JSON_TYPE, `{"payload":null,"timestamp":"${now}"}`);
    return this.#error(404, ask, 'product-not-found', `Product with id ${id} not found`);
  }

  #rest(ask: Ask, manner: Manner): Answer {
    if (ask.method === 'GET' && ask.path === '/api/main/root-categories')
      return this.#payload(ask, manner.empty ? [] : this.#listings.rootCategories());
    const category = ask.path.startsWith(CATEGORY)
      ? this.#listings.category(Number(ask.path.slice(CATEGORY.length)))
      : null;
    if (category) return this.#payload(ask, category);
    return this.#error(404, ask, 'not-found', `No static resource ${ask.path}.`);
  }

  #graphql(ask: Ask, manner: Manner): Answer {
    // Any token will do: how a real one is had is none of our business.
    if (!ask.headers.authorization)
      return answer(401, JSON_TYPE, '{"errors":[{"message":"Unauthorized"}]}', {
        headers: ['x-ext-authz-check-result', 'denied'],
      });
    const search = ask.method === 'POST' ? readSearch(ask.body) : null;
    const result = search
      ? this.#listings.search(search, ask.epoch, manner.empty)
      : { data: null, errors: [{ message: 'Must provide a makeSearch query.' }] };
    return answer(200, JSON_TYPE, JSON.stringify(result));
  }

  #payload(ask: Ask, payload: unknown): Answer {
    return answer(
      200,
      JSON_TYPE,
      JSON.stringify({ payload, timestamp: timestamp(this.#catalogue, ask.now) }),
    );
  }

  #error(status: number, ask: Ask, code: string, message: string): Answer {
    const now = timestamp(this.#catalogue, ask.now);
    const error = { code, message, detailMessage: message };
    return answer(status, JSON_TYPE, JSON.stringify({ payload: null, errors: [error], timestamp: now }));
  }
}
