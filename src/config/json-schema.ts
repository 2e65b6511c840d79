import { z } from 'zod';
import { configSchema } from './schema.ts';

/** A node of the JSON Schema, as far as this program looks at it. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** What an editor takes where a variable stands for a word, a number or text of a certain form. */
const VARIABLE: SchemaNode = { type: 'string', pattern: '\\$\\{' };

/** The JSON Schema (draft 2020-12) of the YAML file as it is written, variables included, for editors. */
export function jsonSchema(): SchemaNode {
  return withVariables(valueSchema());
}

/** The schema of the values themselves: what the reference is made from. */
export function valueSchema(): SchemaNode {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    reused: 'inline',
    // Zod drops both where text is decoded to something else, but ours are in the words of the file.
    override: ({ zodSchema, jsonSchema }) => {
      const { default: written, examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (written !== undefined) Object.assign(jsonSchema, { default: written });
      if (examples !== undefined) Object.assign(jsonSchema, { examples });
    },
  }) as SchemaNode;
  return { ...schema, ...{ title: 'Cacheside configuration' } };
}

function withVariables(node: SchemaNode): SchemaNode {
  const { description, default: fallback, ...rest } = node;
  const about = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  const formed =
    rest.enum ?? rest.pattern ?? (rest.type === 'boolean' || rest.type === 'integer' || undefined);
  if (formed !== undefined) return { ...about, anyOf: [rest, VARIABLE] };
  return {
    ...about,
    ...rest,
    ...(rest.properties && { properties: mapValues(rest.properties) }),
    ...(rest.items && { items: withVariables(rest.items) }),
    ...(rest.anyOf && { anyOf: rest.anyOf.map(withVariables) }),
    ...(typeof rest.additionalProperties === 'object' && {
      additionalProperties: withVariables(rest.additionalProperties),
    }),
  };
}

function mapValues(properties: Readonly<Record<string, SchemaNode>>): Record<string, SchemaNode> {
  return Object.fromEntries(Object.entries(properties).map(([key, node]) => [key, withVariables(node)]));
}
