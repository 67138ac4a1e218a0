import { stream } from '../dice.ts';
import type { Offer } from '../pricing.ts';
import type { Absurdity } from '../site.ts';
import type { Catalogue, Product } from './catalogue.ts';
import { type Axes, axesFor, colourOf, type Parts } from './parts.ts';

const COUNTS = stream('ratings and orders');
const PHOTOS = stream('photos of a product');
const LOOKS = stream('other parts of a product');
const NANOS = stream('digits below the millisecond');

const DAY = 86_400_000;

/** Numbers with the groups of three that display texts have. */
const grouped = (amount: number): string => String(amount).replace(/\B(?=(\d{3})+$)/g, ' ');

/** The payable price as the wire will have it: the true one, or the absurd one that a knob asked for. */
function payable(price: number, absurd: Absurdity | null): string | null {
  if (absurd === null) return String(price);
  return { zero: '0', negative: `-${price}`, huge: '1000000000000000', missing: null }[absurd];
}

/** UTC with nine fractional digits and no zone. */
export function timestamp(catalogue: Catalogue, now: number): string {
  const nanos = String(catalogue.dice.below(1_000_000, NANOS, now & 0xffff)).padStart(6, '0');
  return `${new Date(now).toISOString().slice(0, -1)}${nanos}`;
}

interface SkuText {
  readonly id: number;
  readonly offer: Offer;
  readonly axes: Axes;
  /** The payable price as text; null leaves the key out. */
  readonly price: string | null;
  readonly full: string;
  readonly ownWarehouse: boolean;
  readonly deliveryDate: number;
}

function sku({ id, offer, axes, price, full, ownWarehouse, deliveryDate }: SkuText): string {
  const { index, units } = offer;
  const monthly = Math.max(1, Math.round((offer.price * 0.85) / 12));
  const colour = axes.colours === 0 ? 0 : index % axes.colours;
  const size = axes.colours === 0 ? 0 : Math.floor(index / axes.colours);
  const characteristics =
    axes.colours === 0
      ? ''
      : axes.json.includes('"id":88')
        ? // Not sorted by charIndex, as on the real site.
          `{"charIndex":1,"valueIndex":${size}},{"charIndex":0,"valueIndex":${colour}}`
        : `{"charIndex":0,"valueIndex":${colour}}`;
  const purchase = price === null ? '' : `"purchasePrice":${price},`;
  const vat = price ?? '0';
  const stock = ownWarehouse
    ? '"type":"FBO","deliveryDays":1,"deliveryTitle":"Ertaga yetkazamiz"'
    : '"type":"FBS","deliveryDays":3,"deliveryTitle":"3 kun ichida yetkazamiz"';
  const badge = ownWarehouse
    ? '{"title":"Yetkazib berish 1 kundan boshlab","badge":{"text":"Uzum Market ombori","color":"#7000FF"}}'
    : '{"title":"Yetkazib berish 3 kundan boshlab","badge":{"text":"Sotuvchi ombori","color":"#1F1F26"}}';
  return `{"id":${id},"characteristics":[${characteristics}],"availableAmount":${units},"fullPrice":${full},"charityProfit":0,${purchase}"barcode":${1_000_000_000_000 + id * 10 + (id % 10)},"address":null,"offer":null,"discountBadge":null,"installment":null,"productOptionDtos":[{"optionId":1,"text":"Рассрочка Uzum Nasiya","type":"UZUM_INSTALLMENT","paymentInfo":"Oyiga ${grouped(monthly)} so‘mdan muddatli tolov","paymentPerMonth":${monthly},"period":12,"active":true}],"vat":{"type":"VAT0","vatAmount":0,"price":${vat},"vatRate":0},"circularPhotosList":[],"videoUrl":null,"restriction":null,"stock":{${stock},"deliveryDate":${deliveryDate}},"discount":${index % 4 === 3 ? `{"discountPrice":${Math.round(offer.price * 0.95)},"discountAmount":5,"paymentOptionKey":"uzum-card","sellDiscountPercent":5}` : 'null'},"fastDeliveryInfo":${badge},"oversized":false}`;
}

/** Renders products in the shape of December 2025, from the values of the catalogue. */
export class BodyWriter {
  readonly #catalogue: Catalogue;
  readonly #parts: Parts;

  constructor(catalogue: Catalogue, parts: Parts) {
    this.#catalogue = catalogue;
    this.#parts = parts;
  }

  product(product: Product, epoch: number, now: number, absurd: Absurdity | null): string {
    const { id, title, leaf } = product;
    const parts = this.#parts;
    const { dice } = this.#catalogue;
    const offers = this.#catalogue.offers(product, epoch);
    const axes = axesFor(product.offers);
    const seller = this.#catalogue.seller(product.sellerNumber);
    const looks = dice.draw(LOOKS, id);
    const orders = Math.floor(1 / (0.0004 + dice.share(COUNTS, id))) + epoch;
    const rating = looks % 8 === 0 ? 0 : 3.5 + (looks % 16) / 10;
    const reviews = Math.floor(orders / 6);
    const units = offers.reduce((sum, offer) => sum + offer.units, 0);
    const titleUz = JSON.stringify(title.uz);
    const titleRu = JSON.stringify(title.ru);
    const photos = this.#photos(id, axes);
    const ownWarehouse = looks % 10 < 7;
    const texts = (decoy: boolean) => this.#skus(product, offers, axes, absurd, decoy, ownWarehouse, now);
    const fast = ownWarehouse
      ? '{"title":"Yetkazib berish 1 kundan boshlab","badge":{"text":"Uzum Market ombori","color":"#7000FF"}}'
      : '{"title":"Yetkazib berish 3 kundan boshlab","badge":{"text":"Sotuvchi ombori","color":"#1F1F26"}}';
    return `{"payload":{"data":{"id":${id},"title":${titleUz},"localizableTitle":{"uz":${titleUz},"ru":${titleRu}},"category":${parts.category(leaf)},"rating":${rating},"reviewsAmount":${reviews},"ordersAmount":${orders},"rOrdersAmount":${looks % 40 === 0 ? 'null' : orders - (orders % 10)},"totalAvailableAmount":${units},"charityCommission":0,"description":${looks % 50 === 0 ? 'null' : parts.description(looks >>> 8)},"comments":[],"attributes":${looks % 3 === 0 ? `["Brend: ${leaf.id}","Ishlab chiqarilgan: O‘zbekiston"]` : '[]'},"tags":[],"synonyms":[],"photos":[${photos}],"video":null,"hasCircularPhotos":false,"circularPhotosList":[],"characteristics":${axes.json},"productOptionDtos":[],"skuList":[${texts(false)}],"seller":${parts.seller(product.sellerNumber, seller)},"topFeedback":${parts.topFeedback(id)},"isEco":false,"isPerishable":${looks % 23 === 0},"hasVerticalPhoto":true,"showKitty":false,"bonusProduct":false,"badges":[],"volumeDiscount":null,"disclaimer":null,"fastDeliveryInfo":${fast},"returnsInfo":{"link":"https://uzum.uz/uz/faq#onlayn-tolovni-qaytarish"},"originality":{"isOriginal":${looks % 5 === 0}},"warranty":${looks % 4 === 0 ? '{"amount":12}' : 'null'},"colorPhotoPreview":false,"adultCategory":false,"favourite":false},"seo":{"uzTitle":${titleUz},"ruTitle":${titleRu},"characteristics":${axes.json},"sellerTitle":${JSON.stringify(seller.title)},"rating":${rating},"reviewsAmount":${reviews},"skuList":[${texts(true)}],"photos":[${parts.photo(id)}null}]}},"timestamp":"${timestamp(this.#catalogue, now)}"}`;
  }

  /** The copy under `seo` is stale on purpose: whoever collects SKUs from there gets prices that never were. */
  #skus(
    product: Product,
    offers: readonly Offer[],
    axes: Axes,
    absurd: Absurdity | null,
    decoy: boolean,
    ownWarehouse: boolean,
    now: number,
  ): string {
    const deliveryDate = now + (ownWarehouse ? DAY : 3 * DAY);
    const shown = decoy ? offers.slice(0, 4) : offers;
    return shown
      .map((offer) => {
        const id = this.#catalogue.skuId(product, offer.index);
        const price = decoy ? String(offer.price + 7) : payable(offer.price, absurd);
        // Some sellers never state a price before discount.
        const full =
          offer.full === offer.price && id % 41 === 0 ? 'null' : String(offer.full + (decoy ? 7 : 0));
        return sku({ id, offer, axes, price, full, ownWarehouse, deliveryDate });
      })
      .join(',');
  }

  #photos(id: number, axes: Axes): string {
    const { dice } = this.#catalogue;
    const count = 1 + dice.below(3, PHOTOS, id);
    const photos: string[] = [];
    for (let i = 0; i < count; i++) {
      const colour = axes.colours > 0 && i < axes.colours && i % 2 === 0 ? `"${colourOf(axes, i)}"` : 'null';
      photos.push(`${this.#parts.photo(id + i)}${colour}}`);
    }
    return photos.join(',');
  }
}
