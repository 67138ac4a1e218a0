import type { SpilledVisits } from '../../functions/contract/messages.ts';
import type { Spill, SpilledObjects, SpillLook } from '../../functions/core/ports/queues.ts';

/** The spill of one storage domain, in memory. */
export class MemorySpill implements Spill, SpilledObjects, SpillLook {
  readonly objects = new Map<string, SpilledVisits>();
  fails = false;

  async put({ at, detail, messages }: Parameters<Spill['put']>[0]): Promise<string> {
    if (this.fails) throw new Error('SlowDown');
    const key = `${at.toISOString()}-${String(this.objects.size).padStart(4, '0')}`;
    this.objects.set(key, { v: 1, domain: 'shops', at: at.toISOString(), detail, messages });
    return key;
  }

  async list(_domain: string, limit: number) {
    const keys = [...this.objects.keys()].sort();
    const oldest = keys.slice(0, limit).map((key) => ({ key, at: new Date(key.slice(0, 24)) }));
    return { oldest, count: keys.length };
  }

  async waits(): Promise<boolean> {
    if (this.fails) throw new Error('SlowDown');
    return this.objects.size > 0;
  }

  async get(key: string): Promise<SpilledVisits | null> {
    return this.objects.get(key) ?? null;
  }

  async remove(key: string): Promise<void> {
    this.objects.delete(key);
  }
}
