import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../../functions/core/api/openapi.ts';

/** Rewrites the committed description of the read API: `npm run openapi`. */
const file = new URL('../../docs/openapi.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(openApiDocument(), null, 2)}\n`);
