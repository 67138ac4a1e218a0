import type { StoreProbe, StoreProbed } from '../../contract/messages.ts';

/** One value of a metric. */
export interface Reading {
  /** Beginning of its period. */
  at: Date;
  value: number;
}

/** How much of a database's disk is free, in bytes, as whoever runs it measures. */
export interface FreeStorage {
  /** The least of each period that has a measurement, in order of time. Throws what the service threw. */
  read(instance: string, range: { from: Date; to: Date; periodSeconds: number }): Promise<Reading[]>;
}

/** What a database could be restored to. */
export interface Backups {
  /** The latest instant that it could be restored to; null when it has no backup. Throws what the service threw. */
  restorableUntil(instance: string): Promise<Date | null>;
}

/** Asks a storage domain whether it can be written to. */
export interface StorageProbe {
  /** Resolves in every case: a probe that could not be made has failed. */
  probe(functionName: string, request: StoreProbe): Promise<StoreProbed>;
}
