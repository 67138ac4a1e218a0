/** Product envelopes that Uzum (or KazanExpress before it) once sent, newest first, and the one nobody knows. */
export const uzumShapes = ['2025', '2024', '2022'] as const;

type Json = Record<string, unknown>;

const without = (object: Json, ...keys: string[]): Json =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

const list = (value: unknown): Json[] => value as Json[];

/** 2024: `sellPrice` beside `purchasePrice`, a promotion, no second title, no stock, no zone-less timestamp. */
function to2024(data: Json): Json {
  const older = without(
    data,
    'localizableTitle',
    'fastDeliveryInfo',
    'returnsInfo',
    'originality',
    'warranty',
  );
  return {
    ...older,
    skuList: list(data.skuList).map((sku) => ({
      ...without(sku, 'stock', 'fastDeliveryInfo', 'oversized', 'discount', 'restriction'),
      sellPrice: sku.purchasePrice,
      dimension: { length: 200, width: 100, height: 50, weight: 400 },
    })),
  };
}

/** 2022: option axes without ids, comments, and `error` in the envelope. */
function to2022(data: Json): Json {
  const older = without(to2024(data), 'disclaimer');
  return {
    ...older,
    comments: [{ commentType: 'Инструкция', comment: '<p>Стирать бережно при 30 °C</p>' }],
    characteristics: list(data.characteristics).map((axis) => without(axis, 'id', 'titleType')),
    skuList: list(data.skuList).map((sku) => ({
      ...without(
        sku,
        'stock',
        'fastDeliveryInfo',
        'oversized',
        'discount',
        'restriction',
        'videoUrl',
        'circularPhotosList',
      ),
      productOptionDtos: [],
      vat: { type: 'NONE', vatAmount: 0, price: sku.purchasePrice },
    })),
  };
}

/** A rewrite nobody announced: other names for the same things. */
function toUnknown(data: Json): Json {
  return {
    product: {
      productId: data.id,
      name: data.title,
      description: data.description,
      variants: list(data.skuList).map((sku) => ({
        sku: sku.id,
        stock: sku.availableAmount,
        amount: { current: sku.purchasePrice, before: sku.fullPrice },
      })),
      shop: data.seller,
    },
  };
}

/** Turns a body of the current shape into another one. Slow, and only for knobs. */
export function reshape(body: Buffer, shape: string): Buffer {
  if (shape === uzumShapes[0]) return body;
  const { payload, timestamp } = JSON.parse(body.toString('utf8')) as {
    payload: { data: Json };
    timestamp: string;
  };
  return Buffer.from(JSON.stringify(older(payload.data, shape, timestamp)));
}

function older(data: Json, shape: string, timestamp: string): Json {
  if (shape === '2024') return { payload: { data: to2024(data), promotion: { actions: [] } }, error: null };
  if (shape === '2022') return { payload: { data: to2022(data), promotion: null }, error: null };
  return { result: toUnknown(data), timestamp };
}
