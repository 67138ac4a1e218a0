#!/usr/bin/env node
import module from 'node:module';
import { bundled } from './quick/bundled.mjs';

// Plain JavaScript on purpose: it must run on any Node to say which one is needed.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `narx needs Node 24 (this is ${process.versions.node}): \`npm ci\` installs it on Linux, so run this through npm or npx; elsewhere install Node 24 yourself.`,
  );
  process.exit(1);
}
// Compiled once: a command that takes a second would spend half of it on reading TypeScript.
module.enableCompileCache?.();
const argv = process.argv.slice(2);
const quick = argv[0] === 'status' ? await bundled('status') : null;
const { main } = quick === null ? await import('./main.ts') : module.createRequire(import.meta.url)(quick);
process.exitCode = await main(argv);
// A command that has returned is done: what it gave up waiting for (a server that is silent) does not keep the process.
if (quick === null) setTimeout(() => process.exit(), 100).unref();
else process.stdout.write('', () => process.exit());
