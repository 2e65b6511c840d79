import { z } from 'zod';
import { plannedNote } from './planned.ts';
import { configSchema } from './schema.ts';

/** A node of the JSON Schema, as far as this program looks at it. */
export interface SchemaNode {
  readonly type?: string;
  description?: string;
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

/** The JSON Schema (draft 2020-12) of the YAML file as it is written, for editors and the reference. */
export function jsonSchema(): SchemaNode {
  const schema = z.toJSONSchema(configSchema, { io: 'input', reused: 'inline' }) as SchemaNode;
  notePlanned(schema, []);
  return { ...schema, ...{ title: 'Cacheside configuration' } };
}

function notePlanned(node: SchemaNode, path: readonly string[]): void {
  const note = plannedNote(path);
  if (note !== undefined)
    node.description = node.description === undefined ? note : `${node.description} ${note}`;
  for (const [key, child] of Object.entries(node.properties ?? {})) notePlanned(child, [...path, key]);
  for (const branch of node.anyOf ?? []) {
    for (const [key, child] of Object.entries(branch.properties ?? {})) notePlanned(child, [...path, key]);
  }
  if (node.items !== undefined) {
    for (const [key, child] of Object.entries(node.items.properties ?? {}))
      notePlanned(child, [...path, '*', key]);
  }
}
