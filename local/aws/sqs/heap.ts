/** An entry of a heap. Keep it to remove the value later without searching. */
export interface HeapNode<T> {
  readonly key: number;
  readonly value: T;
  /** Place in the heap; -1 once it is out. */
  index: number;
}

/** Binary min-heap whose entries can be removed from the middle, all in O(log n). */
export class Heap<T> {
  readonly #nodes: HeapNode<T>[] = [];

  get size(): number {
    return this.#nodes.length;
  }

  peek(): HeapNode<T> | undefined {
    return this.#nodes[0];
  }

  push(key: number, value: T): HeapNode<T> {
    const node: HeapNode<T> = { key, value, index: this.#nodes.length };
    this.#nodes.push(node);
    this.#rise(node);
    return node;
  }

  pop(): T | undefined {
    const top = this.#nodes[0];
    if (top === undefined) return undefined;
    this.remove(top);
    return top.value;
  }

  /** Does nothing when the node is out already. */
  remove(node: HeapNode<T>): void {
    if (this.#nodes[node.index] !== node) return;
    const last = this.#nodes.pop();
    if (last !== undefined && last !== node) {
      last.index = node.index;
      this.#nodes[node.index] = last;
      this.#rise(last);
      this.#sink(last);
    }
    node.index = -1;
  }

  #rise(node: HeapNode<T>): void {
    while (node.index > 0) {
      const parent = this.#nodes[(node.index - 1) >> 1];
      if (parent === undefined || parent.key <= node.key) return;
      this.#swap(parent, node);
    }
  }

  #sink(node: HeapNode<T>): void {
    for (;;) {
      const left = this.#nodes[2 * node.index + 1];
      const right = this.#nodes[2 * node.index + 2];
      const child = right !== undefined && left !== undefined && right.key < left.key ? right : left;
      if (child === undefined || child.key >= node.key) return;
      this.#swap(node, child);
    }
  }

  #swap(a: HeapNode<T>, b: HeapNode<T>): void {
    const index = a.index;
    a.index = b.index;
    b.index = index;
    this.#nodes[a.index] = a;
    this.#nodes[b.index] = b;
  }
}
