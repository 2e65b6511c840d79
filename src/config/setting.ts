import { z } from 'zod';
import type { Parsed } from './parsed.ts';
import { scalar } from './scalar.ts';

/** An optional key: the default stands in the schema, and is filled in after `defaults` and route are merged. */
export function setting<T extends z.ZodType>(schema: T, description: string, fallback?: unknown) {
  return schema
    .optional()
    .meta(fallback === undefined ? { description } : { description, default: fallback });
}

/** A key that holds `written` where it is not given. */
export function key<T extends z.ZodType>(schema: T, description: string, written: z.input<T>) {
  return z.prefault(schema, written).meta({ description });
}

/** A key that may be left out, and then holds nothing. */
export function optional<T extends z.ZodType>(schema: T, description: string) {
  return schema.optional().meta({ description });
}

/** `off`, or what `parse` makes of the text. */
export function orOff<T>(
  parse: (text: string) => Parsed<T>,
  hints: { pattern?: string; examples: string[] },
) {
  return scalar((value): Parsed<T | 'off'> => (value === 'off' ? { value: 'off' } : parse(value)), hints);
}
