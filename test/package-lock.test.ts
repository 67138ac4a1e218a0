import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  inBundle?: boolean;
  optional?: boolean;
  os?: string | string[];
  cpu?: string | string[];
  optionalDependencies?: Record<string, string>;
}
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Locked>;
};
/** Without what is in this repository: the project itself, and the command that npx finds. */
const entries = Object.entries(packages).filter(
  ([path]) => !['', 'cli', 'node_modules/narx-cli'].includes(path),
);

it('the lock file names the optional packages of every platform: for one that it lacks npm ci would ask, and may fail', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`])
      .map(([name]) => `${path || 'the project'} wants ${name}`),
  );
  expect(missing).toEqual([]);
});

it('what is linked is of this repository', () => {
  expect(packages['node_modules/narx-cli']).toEqual({ resolved: 'cli', link: true });
});

it('whatever is installed is held to its content, wherever it comes from', () => {
  for (const [path, locked] of entries) {
    expect(locked.resolved, path).toBeUndefined();
    if (locked.integrity !== undefined || locked.inBundle === true) continue;
    // Known by name only, for a platform that the project does not run on.
    expect(locked, path).toMatchObject({
      optional: true,
      os: [expect.any(String)],
      cpu: [expect.any(String)],
    });
    const runsHere =
      locked.os?.includes('linux') && ['x64', 'arm64'].some((cpu) => locked.cpu?.includes(cpu));
    const isMusl = path.endsWith('-musl');
    expect(runsHere && !isMusl, path).toBe(false);
  }
});
