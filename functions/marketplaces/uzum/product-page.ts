import { isRecord } from '../shared/values.ts';

type Json = Record<string, unknown>;

/**
 * A product as GraphQL's `productPage.product` states it, in the keys of REST. SKUs name their values themselves, the shop is
 * the seller, and `sellPrice` is the price to pay. `parentList` is left out: in which direction it runs is not known. Null when
 * it is no such product.
 */
export function restProduct(page: unknown): Json | null {
  const product = isRecord(page) ? page['product'] : null;
  if (!isRecord(product) || !Array.isArray(product['skuList'])) return null;
  const { id, title, category, shop } = product;
  const axes: { values: { title: unknown }[] }[] = [];
  const skuList = product['skuList'].map((sku: unknown) => (isRecord(sku) ? restSku(sku, axes) : sku));
  return {
    id,
    title,
    category: isRecord(category) ? { id: category['id'], title: category['title'], parent: null } : category,
    seller: shop,
    characteristics: axes,
    skuList,
    photos: Array.isArray(product['photos']) ? product['photos'].filter(isRecord).map(restPhoto) : null,
  };
}

/** The SKU with its values as places in `axes`, which gains them: one axis for each place in its list. */
function restSku(sku: Json, axes: { values: { title: unknown }[] }[]): Json {
  const { id, availableAmount, fullPrice, sellPrice, characteristicValues } = sku;
  const chosen = Array.isArray(characteristicValues) ? characteristicValues : [];
  const characteristics = chosen.map((value: unknown, charIndex) => {
    const axis = axes[charIndex] ?? { values: [] };
    axes[charIndex] = axis;
    axis.values.push({ title: isRecord(value) ? value['title'] : value });
    return { charIndex, valueIndex: axis.values.length - 1 };
  });
  return { id, availableAmount, fullPrice, sellPrice, characteristics };
}

const restPhoto = (photo: Json): Json => ({ photo: { any: photo['link'] } });
