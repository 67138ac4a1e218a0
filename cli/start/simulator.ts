import { z } from 'zod';

/** One thing as the simulator says it really is in an epoch. */
const thingSchema = z.object({
  kind: z.string(),
  externalId: z.string(),
  title: z.string(),
  currency: z.string(),
  seller: z.object({ externalId: z.string(), title: z.string() }).nullable(),
  category: z.object({ externalId: z.string(), title: z.string(), path: z.array(z.string()) }).nullable(),
  offers: z.array(
    z.object({
      externalId: z.string(),
      price: z.string().nullable(),
      oldPrice: z.string().nullable(),
      availability: z.string(),
    }),
  ),
});
export type Thing = z.infer<typeof thingSchema>;

const visitSchema = z.object({
  kind: z.string(),
  externalId: z.string(),
  epoch: z.number(),
  /** A thing's own page, or a list that states its true values. */
  via: z.enum(['detail', 'listing']),
  count: z.number(),
});
export type ServedVisit = z.infer<typeof visitSchema>;

const stateSchema = z.object({
  epoch: z.number(),
  epochs: z.array(z.object({ epoch: z.number(), startedAt: z.iso.datetime() })),
});
export type SimulatorState = z.infer<typeof stateSchema>;

const statsSchema = z.object({
  requests: z.number(),
  refused: z.number(),
  /** When, for the first thousand. */
  refusedAt: z.array(z.iso.datetime()),
  connections: z.number(),
  maxConnections: z.number(),
  maxInFlight: z.number(),
});
type SimulatorStats = z.infer<typeof statsSchema>;

/** The simulator's control API: its clock, its ground truth and what it has served. */
export class Simulator {
  readonly #control: string;
  constructor(control: string) {
    this.#control = control;
  }

  async state(): Promise<SimulatorState> {
    return stateSchema.parse(await (await this.#request('GET', '/state')).json());
  }

  /** Prices change, products appear and vanish. */
  async nextEpoch(): Promise<void> {
    await (await this.#request('POST', '/epoch')).arrayBuffer();
  }

  /** What a marketplace was asked since it started. */
  async stats(marketplace: string): Promise<SimulatorStats> {
    const all = await (await this.#request('GET', '/stats')).json();
    return z.record(z.string(), statsSchema).parse(all)[marketplace] ?? statsSchema.parse({});
  }

  truth(marketplace: string, epoch: number): AsyncGenerator<Thing> {
    return this.#lines(`/truth/${marketplace}?epoch=${epoch}`, thingSchema);
  }

  visits(marketplace: string): AsyncGenerator<ServedVisit> {
    return this.#lines(`/visits/${marketplace}`, visitSchema);
  }

  /** Merges faults into those of a marketplace; null puts a knob back. simulator/README.md lists them. */
  async knobs(marketplace: string, patch: Record<string, unknown>): Promise<void> {
    await (await this.#request('PUT', `/knobs/${marketplace}`, JSON.stringify(patch))).arrayBuffer();
  }

  async #request(method: string, path: string, body?: string): Promise<Response> {
    const response = await fetch(this.#control + path, { method, ...(body === undefined ? {} : { body }) });
    if (!response.ok) throw new Error(`The simulator answered ${response.status} to ${method} ${path}.`);
    return response;
  }

  async *#lines<T>(path: string, schema: z.ZodType<T>): AsyncGenerator<T> {
    const response = await this.#request('GET', path);
    if (!response.body) return;
    let rest = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield schema.parse(JSON.parse(line));
    }
    if (rest.trim() !== '') yield schema.parse(JSON.parse(rest));
  }
}
