import { departments, nouns, type Phrase, qualities } from '../words.ts';

/** A node of Uzum's category tree. `path` are the ids from the root of all roots (1) down to the node itself. */
export interface Category {
  readonly id: number;
  readonly title: Phrase;
  readonly parent: Category | null;
  readonly path: readonly number[];
  readonly children: Category[];
  readonly productAmount: number;
}

const GROUPS = 5;
const LEAVES = 4;

/** The whole tree: 20 departments, 400 leaves at depth three or four. The same for every seed, as on the real site. */
export class CategoryTree {
  readonly roots: Category[] = [];
  readonly leaves: Category[] = [];

  constructor() {
    for (const [d, department] of departments.entries()) {
      const root = node(10_000 + d, department, null);
      this.roots.push(root);
      for (let g = 0; g < GROUPS; g++) this.#group(root, d, g);
    }
  }

  #group(root: Category, d: number, g: number): void {
    const number = d * GROUPS + g;
    const theme = nouns[(number * 7) % nouns.length] as Phrase;
    let parent = node(10_100 + number, { uz: `${theme.uz} va boshqalar`, ru: `${theme.ru} и другое` }, root);
    // Every third group has a level more.
    if (number % 3 === 0)
      parent = node(10_400 + number, { uz: `Barchasi: ${theme.uz}`, ru: `Все: ${theme.ru}` }, parent);
    for (let l = 0; l < LEAVES; l++) {
      const leaf = number * LEAVES + l;
      const noun = nouns[(number * 3 + l) % nouns.length] as Phrase;
      const quality = qualities[(leaf * 3 + d) % qualities.length] as Phrase;
      this.leaves.push(
        node(11_000 + leaf, { uz: `${noun.uz} ${quality.uz}`, ru: `${noun.ru} ${quality.ru}` }, parent),
      );
    }
  }

  /** The node with an id, or null. */
  find(id: number): Category | null {
    const search = (nodes: readonly Category[]): Category | null => {
      for (const category of nodes) {
        const found = category.id === id ? category : search(category.children);
        if (found) return found;
      }
      return null;
    };
    return search(this.roots);
  }

  /** The leaves at or below a node. */
  leavesBelow(category: Category): Category[] {
    return category.children.length === 0
      ? [category]
      : category.children.flatMap((child) => this.leavesBelow(child));
  }
}

function node(id: number, title: Phrase, parent: Category | null): Category {
  const path = [...(parent ? parent.path : [1]), id];
  // The amount is not reliable on the real site either.
  const made = { id, title, parent, path, children: [], productAmount: 20 + ((id * 7919) % 4000) };
  parent?.children.push(made);
  return made;
}

/** From the root down to the category itself. */
export function lineage(category: Category): Category[] {
  return category.parent ? [...lineage(category.parent), category] : [category];
}
