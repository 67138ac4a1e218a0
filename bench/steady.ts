/** How many products were stored by an instant, in seconds since the pass began. */
export interface Sample {
  at: number;
  stored: number;
}

/** Before the first of these shares processes start and V8 compiles; after the last one the queues run dry. */
const FROM = 0.25;
const TO = 0.95;

/** Products per second in the middle of a pass. Throws when too few samples lie there. */
export function steadyPerSecond(samples: readonly Sample[], products: number): number {
  const middle = samples.filter(({ stored }) => stored >= products * FROM && stored <= products * TO);
  const [first, last] = [middle[0], middle.at(-1)];
  if (!first || !last || last.at <= first.at)
    throw new Error('The pass is too short for a rate of its middle: nothing was counted there twice.');
  return (last.stored - first.stored) / (last.at - first.at);
}
