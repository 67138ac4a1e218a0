import { manifestSchema } from '../../functions/contract/manifest.ts';

/** All sets of tables that a storage domain can have. */
export const storageSchemas = manifestSchema.shape.storageSchema.options;
