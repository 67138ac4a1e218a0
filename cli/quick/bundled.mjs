// A command that must answer within a second is loaded from one file: finding and reading its three hundred modules would
// take most of that (docs/decisions/0094). Plain JavaScript: it is read before anything is quick.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The path of `cli/quick/<name>.ts` with all it needs in one CommonJS file, made anew when a source or a package has changed.
 * Null where it cannot be made: the sources are as good, only slower.
 */
export async function bundled(name, root = project) {
  // Copies of the sources share their packages, and must not share this.
  const file = join(root, 'node_modules', '.cache', 'narx', `${name}-${placeOf(root)}.cjs`);
  try {
    if (!isCurrent(root, file)) await make(root, name, file);
    return file;
  } catch {
    return null;
  }
}

const placeOf = (root) => createHash('sha256').update(resolve(root)).digest('hex').slice(0, 12);

/** What tells a file from a changed one. Packages change with the lock file only. */
function stateOf(path) {
  const { mtimeMs, size } = statSync(path);
  return `${mtimeMs} ${size}`;
}

function isCurrent(root, file) {
  if (!existsSync(`${file}.json`)) return false;
  const inputs = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
  return Object.entries(inputs).every(([path, state]) => stateOf(join(root, path)) === state);
}

async function make(root, name, file) {
  const { build } = await import('esbuild');
  const { metafile, outputFiles } = await build({
    entryPoints: [join(root, 'cli', 'quick', `${name}.ts`)],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    // Importing a module of Node's into an ES module touches all that it exports, and so loads what nobody asks for.
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: ['pg-native'],
    minifyWhitespace: true,
    plugins: [asInTheSources, englishOnly],
    legalComments: 'none',
    logLevel: 'silent',
  });
  const inputs = ['package-lock.json', ...Object.keys(metafile.inputs)].filter(
    (path) => !path.startsWith('node_modules/'),
  );
  mkdirSync(dirname(file), { recursive: true });
  // While it is replaced, nothing says that it is current: whoever reads it now makes its own.
  rmSync(`${file}.json`, { force: true });
  replace(file, outputFiles[0].text.replaceAll('await import("node:http")', 'require("node:http")'));
  replace(
    `${file}.json`,
    JSON.stringify(Object.fromEntries(inputs.map((path) => [path, stateOf(join(root, path))]))),
  );
}

/** Whole or not at all. */
function replace(file, text) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, text);
  renameSync(own, file);
}

const asInTheSources = {
  name: 'as in the sources',
  setup(build) {
    // Sources find files by where they are themselves.
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: 'ts',
    }));
    // What is loaded on demand is not always needed.
    build.onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import'
        ? { path: pathToFileURL(resolve(resolveDir, path)).href, external: true }
        : undefined,
    );
  },
};

/** zod's messages in fifty languages are an eighth of all that there is to read. */
const englishOnly = {
  name: 'English only',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/][\w-]+\.js$/ }, ({ path }) =>
      /[\\/](en|index)\.js$/.test(path)
        ? undefined
        : { contents: 'export default () => ({});', loader: 'js' },
    );
  },
};
