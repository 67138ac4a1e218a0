import { stream } from '../dice.ts';
import type { BlockKind } from '../faults/knobs.ts';
import { captchaPage, refusal } from '../faults/refusals.ts';
import { type Answer, type Ask, answer, HTML_TYPE, JSON_TYPE, type Manner, type Site } from '../site.ts';
import { BodyWriter, timestamp } from './body.ts';
import { Catalogue, type UzumOptions } from './catalogue.ts';
import { Parts } from './parts.ts';
import { reshape, uzumShapes } from './shapes.ts';

const MISSING_FORM = stream('how a missing product is reported');

const PRODUCT = '/api/v2/product/';

const ROBOTS = `User-agent: *
Disallow: /api/user/
Disallow: /api/order/
Allow: /api/v2/product/
Allow: /api/main/
`;

/** Uzum: the REST API of api.uzum.uz. */
export class UzumSite implements Site {
  readonly id = 'uzum';
  readonly hosts = ['api.uzum.uz'];
  readonly shapes = uzumShapes;
  readonly #catalogue: Catalogue;
  readonly #bodies: BodyWriter;

  constructor(options: UzumOptions) {
    this.#catalogue = new Catalogue(options);
    this.#bodies = new BodyWriter(this.#catalogue, new Parts(this.#catalogue.dice));
  }

  answer(ask: Ask, manner: Manner): Answer {
    if (ask.method === 'GET' && ask.path.startsWith(PRODUCT)) return this.#product(ask, manner);
    if (ask.path === '/robots.txt') return answer(200, 'text/plain', ROBOTS);
    if (ask.path === '/showcaptcha') return answer(200, HTML_TYPE, captchaPage(`https://${ask.host}/`));
    return this.#error(404, ask, 'not-found', `No static resource ${ask.path}.`);
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

  #error(status: number, ask: Ask, code: string, message: string): Answer {
    const now = timestamp(this.#catalogue, ask.now);
    const error = { code, message, detailMessage: message };
    return answer(status, JSON_TYPE, JSON.stringify({ payload: null, errors: [error], timestamp: now }));
  }
}
