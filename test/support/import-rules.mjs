// Checks the import rules of .dependency-cruiser.cjs. A cruise that reads nothing reports success: fail on it.
import { cruise } from 'dependency-cruiser';
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const { options, ...ruleSet } = await extractConfig('./.dependency-cruiser.cjs');
const folders = ['narx.config.ts', 'bin', 'lib', 'functions', 'cli', 'local', 'simulator', 'test', 'bench'];
const { output } = await cruise(folders, { ...options, ruleSet, validate: true }, undefined, {
  tsConfig: extractTsConfig('./tsconfig.json'),
});
const ours = output.modules.filter(
  (module) => /\.(ts|mjs)$/.test(module.source) && !module.source.includes('node_modules'),
);
if (ours.length < 20) {
  console.error(`imports: only ${ours.length} modules were read; the check did not look at the project.`);
  process.exit(1);
}
for (const { from, to, rule } of output.summary.violations) {
  const comment = ruleSet.forbidden.find((candidate) => candidate.name === rule.name)?.comment ?? '';
  console.error(`imports: ${from} -> ${to} breaks ${rule.name}. ${comment}`);
}
console.log(`imports: ${ours.length} modules, ${output.summary.violations.length} violations`);
process.exit(output.summary.violations.length === 0 ? 0 : 1);
