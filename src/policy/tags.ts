import { type FieldLines, fieldValue } from './fields.ts';
import type { TagTemplate } from './route-rule.ts';

/** What a tag's variables are filled from. */
export interface TagContext {
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
  /** Fields of the upstream's response. */
  readonly response: FieldLines;
}

/**
 * The tags that the templates give. A template whose variable is empty or absent gives none: half a
 * tag would purge what nobody named.
 */
export function expandTags(templates: readonly TagTemplate[], context: TagContext): string[] {
  const tags = new Set<string>();
  for (const template of templates) {
    let tag: string | undefined = '';
    for (const part of template) {
      const text = part.kind === 'text' ? part.text : variable(part.kind, part.name, context);
      if (text === undefined || text === '') {
        tag = undefined;
        break;
      }
      tag += text;
    }
    if (tag !== undefined && tag !== '') tags.add(tag);
  }
  return [...tags];
}

function variable(
  kind: 'param' | 'query' | 'response',
  name: string,
  context: TagContext,
): string | undefined {
  switch (kind) {
    case 'param':
      return context.params[name];
    case 'query':
      return new URLSearchParams(context.query).get(name) ?? undefined;
    case 'response':
      return fieldValue(context.response, name);
    default:
      return kind satisfies never;
  }
}
