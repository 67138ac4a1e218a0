import { colours, type Phrase, qualities } from '../words.ts';

/** The option axes of a product, colour times size, as many of each as its SKUs need. */
export interface Axes {
  readonly json: Buffer;
  /** How many colours; 0 when there are no axes. */
  readonly colours: number;
  /** The `characteristics` of SKU `index`, as JSON. */
  sku(index: number): string;
}

const made = new Map<number, Axes>();

/** Axes for a number of SKUs: colours alone for two and three, sizes as well beyond that. */
export function axesFor(skus: number): Axes {
  let axes = made.get(skus);
  if (!axes) {
    axes = make(skus);
    made.set(skus, axes);
  }
  return axes;
}

/** The value of a colour, which photos repeat. */
export function colourOf(axes: Axes, index: number): string {
  return (colours[index % axes.colours] as Phrase).ru;
}

function make(skus: number): Axes {
  if (skus === 1) return { json: Buffer.from('[]'), colours: 0, sku: () => '[]' };
  const count = skus <= 3 ? skus : skus <= 6 ? Math.ceil(skus / 2) : 10;
  const sizes = Math.ceil(skus / count);
  const colour = {
    id: -1,
    title: 'Rang',
    titleType: 'COLOR',
    values: colours.slice(0, count).map(({ uz, ru }, i) => ({ id: -5 - i, title: uz, value: ru })),
  };
  if (sizes === 1) {
    return {
      json: Buffer.from(JSON.stringify([colour])),
      colours: count,
      sku: (index) => `[{"charIndex":0,"valueIndex":${index}}]`,
    };
  }
  const size = {
    id: 88,
    title: 'O‘lcham',
    titleType: null,
    values: Array.from({ length: sizes }, (_, i) => {
      const title = `${40 + 2 * i} (${(qualities[i % qualities.length] as Phrase).uz})`;
      return { id: 900 + i, title, value: title };
    }),
  };
  return {
    json: Buffer.from(JSON.stringify([colour, size])),
    colours: count,
    // Not sorted by charIndex, as on the real site.
    sku: (index) =>
      `[{"charIndex":1,"valueIndex":${Math.floor(index / count)}},{"charIndex":0,"valueIndex":${index % count}}]`,
  };
}
