import { ByteWriter } from '../bytes.ts';
import { stream } from '../dice.ts';
import type { Offer } from '../pricing.ts';
import type { Absurdity } from '../site.ts';
import { type Axes, axesFor, colourOf } from './axes.ts';
import type { Catalogue, Product } from './catalogue.ts';
import type { Parts } from './parts.ts';
import { sellersWarehouse, uzumWarehouse, type Warehouse, writeSku } from './sku.ts';

const COUNTS = stream('ratings and orders');
const PHOTOS = stream('photos of a product');
const LOOKS = stream('other parts of a product');
const REVIEWED = stream('product has a top review');
const NANOS = stream('digits below the millisecond');

/** How far the stale copy under `seo` is from the true price. */
const DECOY = 7;
const DECOY_SKUS = 4;

const TAIL_FLAGS = Buffer.from(
  ',"hasVerticalPhoto":true,"showKitty":false,"bonusProduct":false,"badges":[],"volumeDiscount":null,"disclaimer":null,"fastDeliveryInfo":',
);
const ATTRIBUTES = Buffer.from('["Brend: Namuna","Ishlab chiqarilgan: O‘zbekiston"]');
const EMPTY = Buffer.from('[]');
const NULL = Buffer.from('null');

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

/** Renders products in the shape of December 2025, from the values of the catalogue. */
export class BodyWriter {
  readonly #catalogue: Catalogue;
  readonly #parts: Parts;
  readonly #out = new ByteWriter();

  constructor(catalogue: Catalogue, parts: Parts) {
    this.#catalogue = catalogue;
    this.#parts = parts;
  }

  /** The whole response body. */
  product(product: Product, epoch: number, now: number, absurd: Absurdity | null): Buffer {
    const offers = this.#catalogue.offers(product, epoch);
    const axes = axesFor(product.offers);
    const looks = this.#catalogue.dice.draw(LOOKS, product.id);
    const warehouse = looks % 10 < 7 ? uzumWarehouse : sellersWarehouse;
    const skus = { offers, axes, warehouse, now };
    const title = Buffer.from(JSON.stringify(product.title.uz));
    const titleRu = Buffer.from(JSON.stringify(product.title.ru));
    const scores = this.#scores(product.id, epoch, looks);
    const out = this.#out.ascii(`{"payload":{"data":{"id":${product.id},"title":`).raw(title);
    out.ascii(',"localizableTitle":{"uz":').raw(title).ascii(',"ru":').raw(titleRu);
    out.ascii('},"category":').raw(this.#parts.category(product.leaf));
    this.#head(product.id, axes, offers, looks, scores);
    this.#skus(product, skus, absurd, false);
    this.#tail(product, warehouse, looks);
    out.ascii(',"seo":{"uzTitle":').raw(title).ascii(',"ruTitle":').raw(titleRu);
    out.ascii(',"characteristics":').raw(axes.json).ascii(`,"sellerTitle":`);
    out.text(JSON.stringify(this.#catalogue.seller(product.seller).title));
    out.ascii(`,${scores.seo},"skuList":[`);
    this.#skus(product, skus, absurd, true);
    out.ascii('],"photos":[').raw(this.#parts.photo(product.id));
    return out.ascii(`null}]}},"timestamp":"${timestamp(this.#catalogue, now)}"}`).take();
  }

  #scores(id: number, epoch: number, looks: number) {
    const orders = Math.floor(1 / (0.0004 + this.#catalogue.dice.share(COUNTS, id))) + epoch;
    const rating = looks % 8 === 0 ? 0 : 3.5 + (looks % 16) / 10;
    const seo = `"rating":${rating},"reviewsAmount":${Math.floor(orders / 6)}`;
    const rounded = looks % 40 === 0 ? 'null' : orders - (orders % 10);
    return { seo, all: `${seo},"ordersAmount":${orders},"rOrdersAmount":${rounded}` };
  }

  /** From the scores to the start of `skuList`. */
  #head(id: number, axes: Axes, offers: readonly Offer[], looks: number, scores: { all: string }): void {
    const units = offers.reduce((sum, offer) => sum + offer.units, 0);
    const out = this.#out.ascii(
      `,${scores.all},"totalAvailableAmount":${units},"charityCommission":0,"description":`,
    );
    out.raw(looks % 50 === 0 ? NULL : this.#parts.description(looks >>> 8));
    out.ascii(',"comments":[],"attributes":').raw(looks % 3 === 0 ? ATTRIBUTES : EMPTY);
    out.ascii(',"tags":[],"synonyms":[],"photos":[');
    const photos = 1 + this.#catalogue.dice.below(3, PHOTOS, id);
    for (let i = 0; i < photos; i++) {
      if (i > 0) out.ascii(',');
      out.raw(this.#parts.photo(id + i));
      out.ascii(i < axes.colours && i % 2 === 0 ? `"${colourOf(axes, i)}"}` : 'null}');
    }
    out.ascii('],"video":null,"hasCircularPhotos":false,"circularPhotosList":[],"characteristics":');
    out.raw(axes.json).ascii(',"productOptionDtos":[],"skuList":[');
  }

  /** The copy under `seo` is stale on purpose: whoever collects SKUs from there gets prices that never were. */
  #skus(
    product: Product,
    { offers, axes, warehouse, now }: { offers: Offer[]; axes: Axes; warehouse: Warehouse; now: number },
    absurd: Absurdity | null,
    decoy: boolean,
  ): void {
    const count = decoy ? Math.min(DECOY_SKUS, offers.length) : offers.length;
    for (let i = 0; i < count; i++) {
      if (i > 0) this.#out.ascii(',');
      const offer = offers[i] as Offer;
      const id = this.#catalogue.skuId(product, offer.index);
      // Some sellers never state a price before discount.
      const unstated = offer.full === offer.price && product.id % 41 === 0;
      const full = unstated ? 'null' : String(decoy ? offer.full + DECOY : offer.full);
      const price = decoy ? String(offer.price + DECOY) : payable(offer.price, absurd);
      writeSku(this.#out, { id, offer, price, full }, axes, warehouse, now);
    }
  }

  /** From the seller to the end of `data`. */
  #tail(product: Product, warehouse: Warehouse, looks: number): void {
    const { id, seller } = product;
    const out = this.#out.ascii('],"seller":');
    out.raw(this.#parts.seller(seller, () => this.#catalogue.seller(seller))).ascii(',"topFeedback":');
    if (this.#catalogue.dice.share(REVIEWED, id) < 0.35) out.raw(NULL);
    else {
      out.ascii(
        `{"reviewId":${20_000_000 + id},"productId":${id},"date":${1_755_764_286_225 + id},"id":${140_000_000 + id},`,
      );
      out.raw(this.#parts.review(looks >>> 4));
    }
    out
      .ascii(`,"isEco":false,"isPerishable":${looks % 23 === 0}`)
      .raw(TAIL_FLAGS)
      .raw(warehouse.badge);
    out.ascii(
      `,"returnsInfo":{"link":"https://uzum.uz/uz/faq#onlayn-tolovni-qaytarish"},"originality":{"isOriginal":${looks % 5 === 0}},"warranty":${looks % 4 === 0 ? '{"amount":12}' : 'null'},"colorPhotoPreview":false,"adultCategory":false,"favourite":false}`,
    );
  }
}
