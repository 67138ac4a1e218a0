import { stream } from '../dice.ts';
import type { BlockKind } from '../faults/knobs.ts';
import { captchaPage, refusal } from '../faults/refusals.ts';
import { type Answer, type Ask, answer, HTML_TYPE, type Manner, type Shown, type Site } from '../site.ts';
import { departments, nouns, type Phrase, qualities } from '../words.ts';
import {
  auctionItem,
  auctionRow,
  type Language,
  shopRow,
  trade,
  tradeDealRow,
  tradeRow,
  unfinishedRow,
} from './forms.ts';
import { type Lot, Procurement, type Sort, type UzexOptions } from './procurement.ts';
import { type RowRequest, readRequest } from './request.ts';
import { trueLots } from './truth.ts';

const AUCTION = 'xarid-api-auction.uzex.uz';
const SHOP = 'xarid-api-shop.uzex.uz';
const TRADE = 'xarid-api-trade.uzex.uz';
const ETENDER = 'apietender.uzex.uz';

const UZEX_JSON = 'application/json; charset=utf-8';
const ORDER = stream('order of rows in a page');
const REGISTERED = stream('treasury status');

type Json = Record<string, unknown>;

/** How one list reads its window and writes its rows. */
interface List {
  readonly sort: Sort;
  /** Whether the row `to` itself is part of the window: the systems do not agree. */
  readonly toIncluded: boolean;
  readonly keep: (number: number) => boolean;
  readonly row: (lot: Lot) => Json;
}

/** UZEX: auctions, shops, reference lists and etender. */
export class UzexSite implements Site {
  readonly id = 'uzex';
  readonly hosts = [AUCTION, SHOP, TRADE, ETENDER];
  readonly shapes = ['2025'] as const;
  readonly #procurement: Procurement;

  constructor(options: UzexOptions) {
    this.#procurement = new Procurement(options);
  }

  answer(ask: Ask, manner: Manner): Answer {
    if (ask.path === '/robots.txt') return answer(200, 'text/plain', 'User-agent: *\nDisallow:\n');
    if (ask.path === '/showcaptcha') return answer(200, HTML_TYPE, captchaPage(`https://${ask.host}/`));
    const language: Language = ask.headers.language === 'uz' ? 'uz' : 'ru';
    if (ask.method === 'POST') {
      const request = readRequest(ask.body);
      const list = request ? this.#list(ask, request, language, manner) : null;
      return list && request ? this.#rows(ask, request, list, manner) : notFound;
    }
    return this.#detail(ask, language, manner) ?? notFound;
  }

  refuse(ask: Ask, kind: BlockKind, retryAfterSeconds: number): Answer {
    return refusal(ask, kind, retryAfterSeconds, `https://${ask.host}`);
  }

  truth(epoch: number) {
    return trueLots(this.#procurement, epoch);
  }

  #list(ask: Ask, request: RowRequest, language: Language, { absurd }: Manner): List | null {
    const all = () => true;
    const { epoch } = ask;
    switch (`${ask.host}${ask.path.toLowerCase()}`) {
      case `${AUCTION}/common/getcompleteddeals`:
        return {
          sort: 'auction',
          toIncluded: false,
          keep: all,
          row: (lot) => auctionRow(lot, language, this.#registered(lot, epoch), absurd),
        };
      case `${SHOP}/common/getcompleteddeals`: {
        const national = request.displayOnNational;
        return {
          sort: national ? 'national-shop' : 'shop',
          toIncluded: true,
          keep: all,
          row: (lot) => shopRow(lot, national, language, absurd),
        };
      }
      case `${SHOP}/common/getnotcompleteddeals`:
        return {
          sort: 'shop-unfinished',
          toIncluded: true,
          keep: all,
          row: (lot) => unfinishedRow(lot, language, absurd),
        };
      case `${ETENDER}/api/common/tradelist`: {
        const keep = (number: number) =>
          request.systemId === 0 &&
          this.#procurement.open(number, epoch) &&
          number % 2 === request.typeId % 2;
        return { sort: 'etender', toIncluded: true, keep, row: tradeRow };
      }
      case `${ETENDER}/api/common/notdealedlist`: {
        const keep = (number: number) =>
          request.systemId === 0 &&
          !this.#procurement.open(number, epoch) &&
          !this.#procurement.dealt(number);
        return { sort: 'etender', toIncluded: true, keep, row: tradeRow };
      }
      case `${ETENDER}/api/common/dealslist`: {
        const keep = (number: number) =>
          request.systemId === 0 && !this.#procurement.open(number, epoch) && this.#procurement.dealt(number);
        return { sort: 'etender', toIncluded: false, keep, row: (lot) => tradeDealRow(lot, absurd) };
      }
      default:
        return null;
    }
  }

  /** One window of a list: newest first overall, in no order within the page, the total in every row. */
  #rows(ask: Ask, request: RowRequest, list: List, manner: Manner): Answer {
    const numbers: number[] = [];
    for (const number of this.#procurement.newestFirst(list.sort, ask.epoch)) {
      if (!list.keep(number)) continue;
      if (request.lotId !== null && this.#procurement.find(list.sort, request.lotId, ask.epoch) !== number)
        continue;
      numbers.push(number);
    }
    const first = Math.max(1, request.from);
    const last = list.toIncluded ? request.to : request.to - 1;
    const page = manner.empty ? [] : numbers.slice(first - 1, Math.max(0, last));
    const rows = page.map((number, i) => {
      const lot = this.#procurement.lot(list.sort, number);
      return { lot, row: { ...list.row(lot), rn: first + i, total_count: numbers.length } };
    });
    const order = ({ lot }: { lot: Lot }) => this.#procurement.dice.draw(ORDER, lot.id, ask.epoch);
    rows.sort((a, b) => order(a) - order(b));
    const shown = rows.map(({ lot }): Shown => ({ kind: 'lot', externalId: String(lot.id), via: 'listing' }));
    const plain = rows.map(({ row }) => row);
    const body = manner.shape === 'unknown' ? { Status: 1, Data: plain.map(camelCased) } : plain;
    return answer(200, UZEX_JSON, JSON.stringify(body), { shown });
  }

  #detail(ask: Ask, language: Language, manner: Manner): Answer | null {
    const { host, path } = ask;
    const items = /^\/Common\/GetCompletedDealProducts\/(\d+)$/i.exec(path);
    if (host === AUCTION && items) return this.#items(Number(items[1]), ask, manner);
    const tradeId = /^\/api\/common\/GetTrade\/(\d+)\/0$/i.exec(path);
    if (host === ETENDER && tradeId) return this.#trade(Number(tradeId[1]), ask, manner);
    const named = (phrases: readonly Phrase[]) =>
      answer(
        200,
        UZEX_JSON,
        JSON.stringify(phrases.map((phrase, i) => ({ id: i + 1, name: phrase[language] }))),
      );
    if (host === TRADE && /^\/Lib\/GetCategories$/i.test(path))
      return named([...departments, ...nouns, ...qualities].slice(0, 88));
    if (host === TRADE && /^\/Lib\/GetRegions$/i.test(path)) return named(regions);
    if (host === ETENDER && /^\/api\/Libs\/GetRegions$/i.test(path)) return named(regions);
    return null;
  }

  #items(id: number, ask: Ask, manner: Manner): Answer {
    const number = this.#procurement.find('auction', id, ask.epoch);
    if (number === null || manner.empty) return answer(200, UZEX_JSON, '[]');
    const { items } = this.#procurement.lot('auction', number);
    const order = (at: number) => this.#procurement.dice.draw(ORDER, id, at, 1);
    const rows = [...items]
      .sort((a, b) => order(a.number) - order(b.number))
      .map((item) => auctionItem(item, manner.absurd));
    const body = manner.shape === 'unknown' ? { Status: 1, Data: rows.map(camelCased) } : rows;
    return answer(200, UZEX_JSON, JSON.stringify(body), {
      shown: [{ kind: 'lot', externalId: String(id), via: 'detail' }],
    });
  }

  #trade(id: number, ask: Ask, manner: Manner): Answer | null {
    const number = this.#procurement.find('etender', id, ask.epoch);
    if (number === null) return null;
    const lot = this.#procurement.lot('etender', number);
    const whole = trade(lot, this.#procurement.open(number, ask.epoch), manner.absurd);
    const body = manner.empty
      ? {}
      : manner.shape === 'unknown'
        ? { Status: 1, Data: camelCased(whole) }
        : whole;
    return answer(200, UZEX_JSON, JSON.stringify(body), {
      shown: [{ kind: 'lot', externalId: String(id), via: 'detail' }],
    });
  }

  /** Treasury states move on over the epochs; nobody's price changes with them. */
  #registered(lot: Lot, epoch: number): boolean {
    return this.#procurement.dice.below(10, REGISTERED, lot.id) < epoch;
  }
}

const notFound = answer(404, UZEX_JSON, '');

const regions: readonly Phrase[] = [
  { uz: 'Toshkent shahri', ru: 'город Ташкент' },
  { uz: 'Toshkent viloyati', ru: 'Ташкентская область' },
  { uz: 'Andijon viloyati', ru: 'Андижанская область' },
  { uz: 'Buxoro viloyati', ru: 'Бухарская область' },
  { uz: 'Jizzax viloyati', ru: 'Джизакская область' },
  { uz: 'Qashqadaryo viloyati', ru: 'Кашкадарьинская область' },
  { uz: 'Navoiy viloyati', ru: 'Навоийская область' },
  { uz: 'Namangan viloyati', ru: 'Наманганская область' },
  { uz: 'Samarqand viloyati', ru: 'Самаркандская область' },
  { uz: 'Surxondaryo viloyati', ru: 'Сурхандарьинская область' },
  { uz: 'Sirdaryo viloyati', ru: 'Сырдарьинская область' },
  { uz: 'Farg‘ona viloyati', ru: 'Ферганская область' },
  { uz: 'Xorazm viloyati', ru: 'Хорезмская область' },
  { uz: 'Qoraqalpog‘iston Respublikasi', ru: 'Республика Каракалпакстан' },
];

/** The style of the newer hosts, whose formats nobody has seen. */
function camelCased(row: Json): Json {
  const key = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [key(name), value]));
}
