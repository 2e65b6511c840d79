import { isGroupTag } from './cache-groups.ts';
import { type FieldLines, fieldValue, listMembers } from './fields.ts';
import type { TagPart, TagTemplate } from './route-rule.ts';

/** What a tag's variables are filled from. */
export interface TagContext {
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
  /** Fields of the upstream's response. */
  readonly response: FieldLines;
}

/**
 * How many tags the templates can give to a response at most: each list in a response field multiplies
 * those of its template. To be asked before they are expanded.
 */
export function mostTags(templates: readonly TagTemplate[], response: FieldLines): number {
  let most = 0;
  for (const template of templates) {
    let product = 1;
    for (const part of template) {
      if (part.kind === 'response') product *= listMembers(fieldValue(response, part.name) ?? '').length;
    }
    most += product;
  }
  return most;
}

/**
 * The tags that the templates give. A response field that is a list gives a tag for each member. A
 * template whose variable is empty or absent gives none: half a tag would purge what nobody named. Nor
 * does one that spells the tag of a cache group.
 */
export function expandTags(templates: readonly TagTemplate[], context: TagContext): string[] {
  const tags: string[] = [];
  for (const template of templates) {
    for (const tag of expand(template, context)) {
      if (tag !== '' && !isGroupTag(tag) && !tags.includes(tag)) tags.push(tag);
    }
  }
  return tags;
}

function expand(template: TagTemplate, context: TagContext): readonly string[] {
  let expanded = [''];
  for (const part of template) {
    const texts = valuesOf(part, context);
    const [only] = texts;
    if (texts.length === 1 && expanded.length === 1) {
      if (only === '') return NONE;
      expanded = [`${expanded[0]}${only}`];
    } else {
      const filled = texts.filter((text) => text !== '');
      expanded = expanded.flatMap((tag) => filled.map((text) => tag + text));
    }
  }
  return expanded;
}

const NONE: readonly string[] = [];

function valuesOf(part: TagPart, context: TagContext): readonly string[] {
  switch (part.kind) {
    case 'text':
      return [part.text];
    case 'param':
      return [context.params[part.name] ?? ''];
    case 'query':
      return [new URLSearchParams(context.query).get(part.name) ?? ''];
    case 'response':
      return listMembers(fieldValue(context.response, part.name) ?? '');
    default:
      return part satisfies never;
  }
}
