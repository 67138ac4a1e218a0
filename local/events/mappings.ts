import type { MappingSpec } from '../cloud-model.ts';
import type { QueuePoller } from './poller.ts';

export type MappingState = 'Enabled' | 'Disabling' | 'Disabled' | 'Enabling';

/** An event source mapping as the Lambda API describes it. */
export interface MappingDescription {
  uuid: string;
  functionName: string;
  queueName: string;
  state: MappingState;
}

/**
 * What the Lambda API's event source mapping calls need. Errors carry the API's names: `ResourceNotFoundException` for
 * an unknown uuid, `ResourceInUseException` while another change is under way.
 */
export interface MappingControl {
  list(): MappingDescription[];
  get(uuid: string): MappingDescription;
  /** Returns at once in the transitional state; disabling is done when the batches in flight are. */
  setEnabled(uuid: string, enabled: boolean): MappingDescription;
}

function apiError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

interface Mapping {
  spec: MappingSpec;
  poller: QueuePoller;
  state: MappingState;
}

/** All mappings of a stack: starts those that the template enables, and changes them while they run. */
export class EventSourceMappings implements MappingControl {
  readonly #mappings: Map<string, Mapping>;

  constructor(mappings: { spec: MappingSpec; poller: QueuePoller }[]) {
    this.#mappings = new Map(
      mappings.map(({ spec, poller }) => [spec.uuid, { spec, poller, state: 'Disabled' }]),
    );
  }

  /** Polls for every mapping that the template enables. */
  start(): void {
    for (const mapping of this.#mappings.values()) {
      if (!mapping.spec.enabled) continue;
      mapping.state = 'Enabled';
      mapping.poller.start();
    }
  }

  /** Stops every mapping. Resolves false when an invocation was still running after `graceMs`. */
  async stop(graceMs: number): Promise<boolean> {
    const clean = await Promise.all(
      [...this.#mappings.values()].map(async (mapping) => {
        mapping.state = 'Disabled';
        return mapping.poller.stop(graceMs);
      }),
    );
    return clean.every(Boolean);
  }

  list(): MappingDescription[] {
    return [...this.#mappings.values()].map(describe);
  }

  get(uuid: string): MappingDescription {
    return describe(this.#find(uuid));
  }

  setEnabled(uuid: string, enabled: boolean): MappingDescription {
    const mapping = this.#find(uuid);
    if (mapping.state === 'Disabling' || mapping.state === 'Enabling') {
      throw apiError('ResourceInUseException', `The event source mapping is ${mapping.state}.`);
    }
    if (enabled && mapping.state === 'Disabled') {
      mapping.state = 'Enabling';
      queueMicrotask(() => {
        // A stop may have come in between.
        if (mapping.state !== 'Enabling') return;
        mapping.poller.start();
        mapping.state = 'Enabled';
      });
    } else if (!enabled && mapping.state === 'Enabled') {
      mapping.state = 'Disabling';
      void mapping.poller.drain().then(() => {
        mapping.state = 'Disabled';
      });
    }
    return describe(mapping);
  }

  #find(uuid: string): Mapping {
    const mapping = this.#mappings.get(uuid);
    if (!mapping) {
      throw apiError('ResourceNotFoundException', 'The resource you requested does not exist.');
    }
    return mapping;
  }
}

function describe({ spec, state }: Mapping): MappingDescription {
  return { uuid: spec.uuid, functionName: spec.functionName, queueName: spec.queueName, state };
}
