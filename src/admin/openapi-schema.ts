/** A JSON Schema (2020-12), as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

/** A member that may be absent. */
export interface Optional {
  readonly optional: Schema;
}

/** A schema for each member of a type: the compiler misses one that is new, and one that is gone. */
export type Members<T> = {
  readonly [K in keyof T]-?: unknown extends T[K]
    ? Schema | Optional
    : undefined extends T[K]
      ? Optional
      : Schema;
};

/** An object with these members, and no others. */
export function object<T = Record<string, unknown>>(
  members: Members<NoInfer<T>>,
  description?: string,
): Schema {
  const all = Object.entries<Schema | Optional>(members);
  const isOptional = (schema: Schema | Optional): schema is Optional => 'optional' in schema;
  return {
    type: 'object',
    ...described(description),
    properties: Object.fromEntries(
      all.map(([name, schema]) => [name, isOptional(schema) ? schema.optional : schema]),
    ),
    required: all.filter(([, schema]) => !isOptional(schema)).map(([name]) => name),
    additionalProperties: false,
  };
}

export const optional = (schema: Schema): Optional => ({ optional: schema });
export const text = (description?: string): Schema => ({ type: 'string', ...described(description) });
export const yesNo = (description?: string): Schema => ({ type: 'boolean', ...described(description) });
export const number = (description?: string): Schema => ({ type: 'number', ...described(description) });
/** A whole number of 0 or more. */
export const count = (description?: string): Schema => ({
  type: 'integer',
  minimum: 0,
  ...described(description),
});
export const integer = (description?: string): Schema => ({ type: 'integer', ...described(description) });
export const word = (words: readonly string[], description?: string): Schema => ({
  type: 'string',
  enum: words,
  ...described(description),
});
export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...described(description),
});
/** An object whose names are data. */
export const map = (values: Schema, description?: string): Schema => ({
  type: 'object',
  additionalProperties: values,
  ...described(description),
});
/** An object that is described elsewhere. */
export const open = (description: string): Schema => ({ type: 'object', description });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** The same, or null. */
export function nullable(schema: Schema, description?: string): Schema {
  const { type, enum: words } = schema;
  if (typeof type !== 'string' || Array.isArray(words))
    return { ...described(description), anyOf: [schema, { type: 'null' }] };
  return { ...schema, type: [type, 'null'], ...described(description) };
}

/** Milliseconds since the epoch. */
export const TIME = integer('ms since the epoch');
/** A duration in milliseconds. */
export const MS = number('ms');
export const BYTES = count('bytes');

function described(description: string | undefined): Schema {
  return description === undefined ? {} : { description };
}
