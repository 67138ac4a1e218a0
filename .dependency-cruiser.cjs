/** Import rules: data flows one way. Each rule says what to do instead. `npm run imports` fails if nothing was read. */
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { pathNot: allowed, dependencyTypesNot: ['core'] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Move what both need into a third file below them.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    only(
      'model-is-pure',
      '^functions/core/model/',
      ['^functions/core/model/', 'node_modules/zod/'],
      'The model knows zod and itself. Put behaviour that needs more into core/.',
    ),
    only(
      'contract-is-data',
      '^functions/contract/',
      ['^functions/(contract|core/model)/', 'node_modules/zod/'],
      'The contract is shared by lib/ and functions/: schemas and names only.',
    ),
    only(
      'core-has-no-io',
      '^functions/core/',
      ['^functions/(core|contract)/', 'node_modules/zod/'],
      'The domain does no I/O: add a port to core/ports/ and implement it in adapters/.',
    ),
    {
      name: 'core-has-no-node-io',
      severity: 'error',
      comment:
        'The domain and the marketplaces may use node:crypto, node:buffer and node:zlib, nothing that does I/O.',
      from: { path: '^functions/(core|contract|marketplaces)/' },
      to: { dependencyTypes: ['core'], pathNot: ['^(node:)?(crypto|buffer|zlib|util)$'] },
    },
    only(
      'a-marketplace-is-one-folder',
      '^functions/marketplaces/([^/]+)/',
      [
        '^functions/marketplaces/$1/',
        '^functions/marketplaces/shared/',
        '^functions/core/(marketplace\\.ts|model/)',
        '^functions/contract/manifest\\.ts',
        'node_modules/zod/',
      ],
      'A marketplace sees the interface, the model and itself; never a sibling. Common parsing code is in marketplaces/shared/.',
    ),
    only(
      'manifests-are-data',
      '^functions/marketplaces/(manifests\\.ts|[^/]+/manifest\\.ts)$',
      ['^functions/marketplaces/[^/]+/manifest\\.ts$', '^functions/contract/manifest\\.ts'],
      'lib/ reads manifests at synth: they must not load parsers.',
    ),
    {
      name: 'marketplaces-only-by-registry',
      severity: 'error',
      comment: 'Go through functions/marketplaces/index.ts or manifests.ts.',
      from: { pathNot: ['^functions/marketplaces/', '^(test|bench)/'] },
      to: { path: '^functions/marketplaces/[^/]+/' },
    },
    only(
      'adapters-implement-ports',
      '^functions/adapters/',
      [
        '^functions/(adapters|contract)/',
        '^functions/core/(ports/|marketplace\\.ts|model/|history/|archive/(ports|points)\\.ts)',
        'node_modules/',
      ],
      'Adapters know the ports, not the flow.',
    ),
    {
      name: 'lambdas-do-not-import-each-other',
      severity: 'error',
      comment: 'Share through core/ or adapters/.',
      from: { path: '^functions/' },
      to: { path: '^functions/[^/]+\\.lambda\\.ts$' },
    },
    {
      name: 'deployed-code-knows-nothing-above-it',
      severity: 'error',
      comment:
        'functions/ ships to Lambda: it may not import infrastructure, the local stack, the CLI or tests.',
      from: { path: '^functions/' },
      to: { path: '^(lib|bin|local|cli|simulator|drills|test|bench|narx\\.config)' },
    },
    {
      name: 'lib-sees-contract-and-manifests',
      severity: 'error',
      comment: 'Infrastructure refers to handlers by path, and to marketplaces by manifest.',
      from: { path: '^lib/' },
      to: {
        path: '^(functions|local|cli|simulator|drills|test|bench)/',
        pathNot: ['^functions/(contract|core/model)/', '^functions/marketplaces/manifests\\.ts$'],
      },
    },
    {
      name: 'local-is-driven-by-the-template',
      severity: 'error',
      comment: 'The local stack reads the synthesized template. It may not import lib/ or a Lambda.',
      from: { path: '^local/' },
      to: { path: '^(lib|bin|cli|drills|test|bench)/|^functions/[^/]+\\.lambda\\.ts$' },
    },
    {
      name: 'simulator-is-independent',
      severity: 'error',
      comment: 'The simulator is the other side: sharing code with the parsers would hide a common mistake.',
      from: { path: '^simulator/' },
      to: { path: '^(functions|lib|bin|local|cli|drills|test|bench)/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      comment: 'Move what is shared out of test/ and bench/.',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'drills-are-a-program',
      severity: 'error',
      comment: 'Only the command and the tests use the drills. Move what is shared into cli/ or local/.',
      from: { pathNot: '^(drills|test)/|^cli/commands/drill\\.ts$' },
      to: { path: '^drills/' },
    },
    {
      name: 'no-dev-dependency-is-deployed',
      severity: 'error',
      comment: 'Deployed code may only use `dependencies`.',
      from: { path: '^functions/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'The import does not exist.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules/.*/node_modules|cdk\\.out|\\.narx)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
