import type { ByteWriter } from '../bytes.ts';
import type { Offer } from '../pricing.ts';
import type { Axes } from './axes.ts';

const DAY = 86_400_000;

/** Where a product is sent from: Uzum's warehouse or the seller's. */
export interface Warehouse {
  /** `fastDeliveryInfo`, of products and SKUs alike. */
  readonly badge: Buffer;
  readonly stock: string;
  readonly days: number;
}

const badge = (days: number, text: string, colour: string): Buffer =>
  Buffer.from(
    `{"title":"Yetkazib berish ${days} kundan boshlab","badge":{"text":"${text}","color":"${colour}"}}`,
  );

export const uzumWarehouse: Warehouse = {
  badge: badge(1, 'Uzum Market ombori', '#7000FF'),
  stock: '"type":"FBO","deliveryDays":1,"deliveryTitle":"Ertaga yetkazamiz"',
  days: 1,
};

export const sellersWarehouse: Warehouse = {
  badge: badge(3, 'Sotuvchi ombori', '#1F1F26'),
  stock: '"type":"FBS","deliveryDays":3,"deliveryTitle":"3 kun ichida yetkazamiz"',
  days: 3,
};

const BEFORE_INSTALMENT = Buffer.from(
  ',"address":null,"offer":null,"discountBadge":null,"installment":null,"productOptionDtos":[{"optionId":1,"text":"Рассрочка Uzum Nasiya","type":"UZUM_INSTALLMENT","paymentInfo":"Oyiga ',
);
const AFTER_INSTALMENT = Buffer.from(' so‘mdan muddatli tolov","paymentPerMonth":');
const BEFORE_STOCK = Buffer.from(
  ',"vatRate":0},"circularPhotosList":[],"videoUrl":null,"restriction":null,"stock":{',
);
const END = Buffer.from(',"oversized":false}');

/** One SKU's values as the wire is to state them. */
export interface SkuValues {
  readonly id: number;
  readonly offer: Offer;
  /** The payable price; null leaves the key out. */
  readonly price: string | null;
  readonly full: string;
}

/** Writes one element of `skuList`. */
export function writeSku(
  out: ByteWriter,
  { id, offer, price, full }: SkuValues,
  axes: Axes,
  warehouse: Warehouse,
  now: number,
): void {
  const monthly = Math.max(1, Math.round((offer.price * 0.85) / 12));
  const purchase = price === null ? '' : `"purchasePrice":${price},`;
  const card =
    offer.index % 4 === 3
      ? `{"discountPrice":${Math.round(offer.price * 0.95)},"discountAmount":5,"paymentOptionKey":"uzum-card","sellDiscountPercent":5}`
      : 'null';
  out
    .ascii(
      `{"id":${id},"characteristics":${axes.sku(offer.index)},"availableAmount":${offer.units},"fullPrice":${full},"charityProfit":0,${purchase}"barcode":${1_000_000_000_000 + id * 10 + (id % 10)}`,
    )
    .raw(BEFORE_INSTALMENT)
    .ascii(grouped(monthly))
    .raw(AFTER_INSTALMENT)
    .ascii(
      `${monthly},"period":12,"active":true}],"vat":{"type":"VAT0","vatAmount":0,"price":${price ?? '0'}`,
    )
    .raw(BEFORE_STOCK)
    .ascii(
      `${warehouse.stock},"deliveryDate":${now + warehouse.days * DAY}},"discount":${card},"fastDeliveryInfo":`,
    )
    .raw(warehouse.badge)
    .raw(END);
}

/** Digits in groups of three, as display texts have them. */
function grouped(amount: number): string {
  let rest = String(amount);
  let text = '';
  while (rest.length > 3) {
    text = ` ${rest.slice(-3)}${text}`;
    rest = rest.slice(0, -3);
  }
  return rest + text;
}
