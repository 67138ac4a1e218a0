import type { z } from 'zod';
import { ConfigurationError } from '../core/model/errors.ts';

/** The only place that reads `process.env`. Throws one ConfigurationError that names every fault. */
export function readEnv<T extends z.ZodType>(schema: T): z.output<T> {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  throw new ConfigurationError(
    result.error.issues.map((issue) => `Environment variable ${issue.path.join('.')}: ${issue.message}.`),
  );
}
