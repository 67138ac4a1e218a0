import { onTestFinished } from 'vitest';
import { readOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';

/** A running simulator that stops with the test, and short ways to ask it. */
export interface Served {
  readonly simulator: Simulator;
  /** Asks a marketplace by its real address. */
  ask(address: string, init?: RequestInit): Promise<Response>;
  control(path: string, init?: RequestInit): Promise<Response>;
  turn(marketplace: string, knobs: object): Promise<Response>;
  lines<T>(path: string): Promise<T[]>;
}

/** Starts a small simulator on free ports. */
export async function serve(...flags: string[]): Promise<Served> {
  const simulator = await startSimulator(readOptions(['--seed', '7', '--uzum-products', '400', ...flags]));
  onTestFinished(() => simulator.close());
  const control = (path: string, init?: RequestInit) => fetch(`${simulator.control}${path}`, init);
  return {
    simulator,
    control,
    ask: (address, init) => {
      const { origin, pathname, search } = new URL(address);
      return fetch(`${simulator.origins[origin]}${pathname}${search}`, { redirect: 'manual', ...init });
    },
    turn: (marketplace, knobs) =>
      control(`/knobs/${marketplace}`, { method: 'PUT', body: JSON.stringify(knobs) }),
    lines: async <T>(path: string) => {
      const text = await (await control(path)).text();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as T);
    },
  };
}

/** What the truth says of a thing, as far as tests look at it. */
export interface Thing {
  kind: string;
  externalId: string;
  title: string;
  currency: string;
  seller: { externalId: string; title: string };
  category: { externalId: string; title: string; path: string[] };
  offers: { externalId: string; price: string; oldPrice: string | null; availability: string }[];
}

export interface VisitLine {
  kind: string;
  externalId: string;
  epoch: number;
  via: string;
  count: number;
  firstAt: string;
  lastAt: string;
}
