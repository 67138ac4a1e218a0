import { writeFileSync } from 'node:fs';
import { metricsPage } from './metrics-page.ts';
import { stagesOfMetrics } from './stages-of-metrics.ts';

writeFileSync('docs/metrics.md', metricsPage(stagesOfMetrics()));
