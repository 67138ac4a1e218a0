import { loadConfig } from '../../lib/config/load.ts';
import { config } from '../../narx.config.ts';
import { synthesized, uzumOnly } from '../support/synthesized.ts';

/** What docs/metrics.md is written of: every marketplace at once, and the smallest stage. */
export const stagesOfMetrics = () => [
  {
    title: 'four marketplaces in two storage domains',
    config: loadConfig(config, 'local'),
    resources: synthesized('local', config),
  },
  {
    title: 'Uzum alone',
    config: loadConfig(uzumOnly, 'prod'),
    resources: synthesized('prod'),
  },
];
