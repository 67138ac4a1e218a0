import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { readConfig } from '../../lib/config/read.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import { type Command, UsageError } from '../command.ts';
import { generate } from '../new-marketplace/generate.ts';
import { checkNames } from '../new-marketplace/names.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `narx new-marketplace`: the folder, the registry line, the manifest's line and the config entry of a fifth marketplace. */
export const newMarketplace: Command = {
  name: 'new-marketplace',
  summary: 'begin a new marketplace: its folder, and its lines in the registry and the configuration',
  usage: `narx new-marketplace <id> [--title TITLE] [--host HOST] [--kind KIND]

Writes functions/marketplaces/<id>/ and adds the marketplace to functions/marketplaces/index.ts, manifests.ts and to
narx.config.ts, where it is not enabled. What it writes compiles and refuses every page; the contract test says which
fixtures are missing. docs/adding-a-marketplace.md goes on from there.

  --title TITLE  the name for people; the id with a capital letter unless stated
  --host HOST    the host that is asked, such as api.example.uz; a placeholder that answers nobody unless stated
  --kind KIND    what becomes a snapshot: product (default), ad or lot

Exit codes
  0  written
  1  wrong call, an id that cannot be or is taken, or a file that does not look as expected`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { title: { type: 'string' }, host: { type: 'string' }, kind: { type: 'string' } },
    });
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0) throw new UsageError('give one id, such as asaxiy.');
    const settings = loadConfig(await readConfig(), 'local');
    const existing = [...manifests.map((manifest) => manifest.id), ...Object.keys(settings.marketplaces)];
    const names = checkNames({ id, ...values }, existing);
    const files = generate(root, names, domainFor(settings, names.kind));
    // Sorts the imports and wraps the lists that became longer.
    const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'));
    const sources = files.filter((file) => file.endsWith('.ts'));
    const formatted = spawnSync(process.execPath, [biome, 'check', '--write', ...sources], {
      cwd: root,
      encoding: 'utf8',
    });
    if (formatted.status !== 0)
      console.error(`The files were written but could not be formatted: ${formatted.stderr.trim()}`);
    for (const file of files) console.log(file);
    console.log(`
Next: put real responses into functions/marketplaces/${id}/fixtures/cases.ts and run
  npx vitest run test/marketplaces/contract.test.ts -t ${id}
docs/adding-a-marketplace.md goes through it step by step.`);
    return 0;
  },
};

function domainFor({ storageDomains }: StageConfig, kind: string): string {
  const schema = kind === 'lot' ? 'procurement' : 'retail';
  const domain = Object.entries(storageDomains).find(([, domain]) => domain.schema === schema);
  if (!domain)
    throw new UsageError(`narx.config.ts has no storage domain with the ${schema} tables for ${kind}s.`);
  return domain[0];
}
