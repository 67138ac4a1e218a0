declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** Without `path` the tables are in memory. `createTableMs` is how long a new table stays CREATING. */
  export default function dynalite(options: { createTableMs?: number; path?: string }): Server;
}
