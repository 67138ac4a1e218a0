import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, type HeapNode } from '../../../local/aws/sqs/heap.ts';

describe('the heap behind the queues', () => {
  it('pops what is left in order of keys, whatever was removed from its middle', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.boolean())), (entries) => {
        const heap = new Heap<number>();
        const nodes: HeapNode<number>[] = entries.map(([key], index) => heap.push(key, index));
        for (const [index, node] of nodes.entries()) if (entries[index]?.[1]) heap.remove(node);
        const kept = entries.filter(([, removed]) => !removed).map(([key]) => key);
        expect(heap.size).toBe(kept.length);
        const popped: number[] = [];
        for (let value = heap.pop(); value !== undefined; value = heap.pop()) {
          popped.push(entries[value]?.[0] ?? -1);
        }
        expect(popped).toEqual(kept.sort((a, b) => a - b));
      }),
    );
  });

  it('ignores a second removal', () => {
    const heap = new Heap<string>();
    const node = heap.push(1, 'a');
    heap.push(2, 'b');
    heap.remove(node);
    heap.remove(node);
    expect([heap.pop(), heap.pop()]).toEqual(['b', undefined]);
  });
});
