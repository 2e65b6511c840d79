import type { z } from 'zod';

/** An optional key: the default stands in the schema, and is filled in after `defaults` and route are merged. */
export function setting<T extends z.ZodType>(schema: T, description: string, fallback?: unknown) {
  return schema
    .optional()
    .meta(fallback === undefined ? { description } : { description, default: fallback });
}
