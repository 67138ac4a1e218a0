import type { Absurdity } from '../site.ts';
import { rawNumber, tashkentTime } from '../text.ts';
import type { Item, Lot } from './procurement.ts';

type Json = Record<string, unknown>;

/** An amount in hundredths as plain decimal text: `4100000.5`, `15120`. */
export function plainAmount(hundredths: number): string {
  return String(hundredths / 100);
}

/** The same with the decimal point that the real servers always write. */
function amount(hundredths: number): unknown {
  const text = plainAmount(hundredths);
  return rawNumber(text.includes('.') ? text : `${text}.0`);
}

const count = (number: number): unknown => amount(number * 100);

/** A price as the wire is to state it; undefined leaves the key out. */
function stated(hundredths: number, absurd: Absurdity | null): unknown {
  if (absurd === null) return amount(hundredths);
  return { zero: amount(0), negative: amount(-hundredths), huge: amount(1e17), missing: undefined }[absurd];
}

const displayNo = (lot: Lot): string => {
  const date = new Date(lot.startAt);
  const month = String(date.getUTCMonth() + 1).padStart(2, '0');
  return `${String(date.getUTCFullYear()).slice(2)}${month}1007${String(lot.id).padStart(6, '0')}`;
};

/** The language that the session or a header asked for. Names change with it; ids do not. */
export type Language = 'ru' | 'uz';

/** A row of the auctions' finished deals. Everything but the last two keys, which belong to the page. */
export function auctionRow(
  lot: Lot,
  language: Language,
  registered: boolean,
  absurd: Absurdity | null,
): Json {
  return {
    lot_id: lot.id,
    lot_start_date: tashkentTime(lot.startAt),
    lot_end_date: tashkentTime(lot.endAt),
    pcp_count: count(lot.participants),
    category_name: lot.category[language],
    start_cost: amount(lot.startHundredths),
    deal_cost: stated(lot.finalHundredths, absurd),
    customer_inn: lot.customer.inn,
    customer_name: lot.customer.name,
    customer_region: null,
    deal_date: tashkentTime(lot.dealAt),
    deal_id: lot.id - 66_667,
    lot_display_no: displayNo(lot),
    provider_name: lot.provider.name,
    provider_inn: lot.provider.inn,
    currency_name: null,
    beneficiary: null,
    founder: null,
    is_budget: lot.budget ? 1 : 0,
    type_name: lot.budget ? 'Бюджет' : 'Корпоратив',
    kazna_status_id: registered ? 2 : 0,
    kazna_status: 'Договор Зарегистрирован',
    kazna_payment_status: registered ? 'Оплачен' : 'Не оплачен',
    kazna_created_date: null,
    deal_status_name: null,
  };
}

/** An item of a finished auction: the unit price is the one after the auction. */
export function auctionItem(item: Item, absurd: Absurdity | null): Json {
  return {
    order_num: item.number,
    product_name: null,
    quantity: amount(item.quantityHalves * 50),
    price: stated(item.priceHundredths, absurd),
    country_name: item.number % 3 === 0 ? 'Boshqa' : "O'zbekiston",
    description: item.text,
    cost: amount(item.costHundredths),
    currency_name: 'Сом',
    js_properties: [
      { property_name: 'Единица измерения', user_value: item.measure, user_value_id: 1, pnum: 0 },
    ],
  };
}

/** A finished deal of a shop. The two shops do not call their keys the same. */
export function shopRow(lot: Lot, national: boolean, language: Language, absurd: Absurdity | null): Json {
  const [item] = lot.items;
  if (!item) throw new Error('A shop deal has one item.');
  const common = {
    deal_id: lot.id + 1_000_000,
    deal_date: tashkentTime(lot.dealAt),
    pcp_count: lot.participants,
    product_name: item.text.trim(),
    category_name: lot.category[language],
    price: stated(item.priceHundredths, absurd),
    amount: amount(item.quantityHalves * 50),
    customer_name: lot.customer.name,
    customer_inn: lot.customer.inn,
    provider_name: lot.provider.name,
    provider_inn: lot.provider.inn,
    display_on_shop: national ? 0 : 1,
    display_on_national: national ? 1 : 0,
  };
  return national
    ? { id: lot.id, ...common, cost: amount(lot.finalHundredths) }
    : { lot_id: lot.id, lot_display_no: displayNo(lot), ...common, deal_cost: amount(lot.finalHundredths) };
}

/** A request that nobody delivered: no buyer, no seller, no unit. */
export function unfinishedRow(lot: Lot, language: Language, absurd: Absurdity | null): Json {
  const [item] = lot.items;
  if (!item) throw new Error('A shop request has one item.');
  return {
    id: lot.id,
    start_date: tashkentTime(lot.endAt - 4 * 86_400_000),
    end_date: tashkentTime(lot.endAt),
    pcp_count: 1,
    product_name: item.text.trim(),
    category_name: lot.category[language],
    cost: amount(item.costHundredths),
    price: stated(item.priceHundredths, absurd),
    amount: amount(item.quantityHalves * 50),
  };
}

/** Title of an etender trade: both languages in one text. */
export const tradeName = (lot: Lot): string => {
  const text = (lot.items[0]?.text ?? '').trim();
  return `${lot.category.ru}: ${text} / ${lot.category.uz}: ${text}`;
};

/** A row of the open (or failed) trades. Its "seller" is the organisation that buys. */
export function tradeRow(lot: Lot): Json {
  return {
    id: lot.id,
    display_no: displayNo(lot),
    name: tradeName(lot),
    start_date: tashkentTime(lot.startAt),
    end_date: tashkentTime(lot.endAt),
    clarific_date: tashkentTime(lot.startAt + 86_400_000),
    cost: amount(lot.startHundredths),
    seller_name: lot.customer.name,
    seller_tin: lot.customer.inn,
    seller_id: lot.customer.name.length * 97,
    region_name: 'Тошкент шаҳри',
    district_name: 'Юнусобод тумани',
    category_name: lot.number % 5 === 0 ? null : lot.category.ru,
    currency_id: 1,
    currency_name: 'Узбекский сум',
    currency_code123: '860',
    currency_codeabc: 'UZS',
  };
}

/** A row of the trades that ended with a deal. */
export function tradeDealRow(lot: Lot, absurd: Absurdity | null): Json {
  return {
    trade_id: lot.id,
    deal_id: lot.id + 50_000,
    display_no: displayNo(lot),
    deal_cost: stated(lot.finalHundredths, absurd),
    start_cost: amount(lot.startHundredths),
    deal_date: tashkentTime(lot.dealAt),
    deal_status_name: lot.number % 9 === 0 ? 'Протокол расмийлаштирилди' : 'Шартнома қабул қилинди',
    customer_name: lot.customer.name,
    customer_inn: lot.customer.inn,
    provider_name: lot.provider.name,
    provider_inn: lot.provider.inn,
    category_name: lot.category.ru,
    contract_num: `${lot.id}/31`,
  };
}

/** Whether a trade states unit prices; some carry only descriptions. */
export const tradeStatesPrices = (lot: Lot): boolean => lot.number % 4 !== 0;

/** One trade in full, with the lists that are packed into strings. */
export function trade(lot: Lot, open: boolean, absurd: Absurdity | null): Json {
  const products = lot.items.map((item) =>
    tradeStatesPrices(lot)
      ? {
          Id: item.number,
          Product_Name: item.text.trim(),
          Quantity: amount(item.quantityHalves * 50),
          Price: stated(item.priceHundredths, absurd),
          Cost: amount(item.costHundredths),
          Delivery_Term: 10,
          Guarantee_Term: 12,
          Term_Period_Name: 'Месяцев',
          Js_Properties: [{ Property_Name: 'Единица измерения', User_Value: item.measure }],
        }
      : { Id: item.number, Description: `${item.text}\r\n` },
  );
  const fields = [{ Id: 1, Label: "Ish tajribasi haqida ma'lumot", Description: 'Matn' }];
  return {
    id: lot.id,
    display_no: displayNo(lot),
    start_date: tashkentTime(lot.startAt),
    end_date: tashkentTime(lot.endAt),
    start_cost: amount(lot.startHundredths),
    status_id: open ? 4 : 6,
    status_name: open ? 'Эълон қилинди' : 'Таклифларни кабул килиш муддати тугатилди',
    customer_name: lot.customer.name,
    customer_tin: lot.customer.inn,
    currency_codeabc: 'UZS',
    tech_file_name: `${lot.id}.rar`,
    tech_file_path: `/files/2031/${lot.id}.rar`,
    tech_file_ext: 'RAR',
    tech_file_sizes: amount(107_990_900),
    technical_description: tradeName(lot),
    addon_description: tradeName(lot),
    type_name: 'Тендер',
    pledge_value: amount(300),
    delivering_region_name: null,
    budget_products: JSON.stringify(products),
    contacts: '[{"Job_title":"Mutaxassis","Fullname":"N. Namunayev"}]',
    // An empty string is not JSON, and must not sink the record.
    languages: lot.number % 6 === 0 ? '' : '[{"Id":1,"Name":"Русский"},{"Id":2,"Name":"Узбекский"}]',
    js_fields: fields.map(({ Id, Label, Description }) => ({
      id: Id,
      label: Label,
      description: Description,
    })),
    fields: JSON.stringify(fields),
    js_qualification_fields: [],
    qualification_fields: '[]',
  };
}
