import type { TagPart, TagTemplate } from '../policy/route-rule.ts';
import { parseFieldName } from './field.ts';
import { type Parsed, shown } from './parsed.ts';

const PART = /\{([^{}]*)\}|[{}]|[^{}]+/g;

/** Reads `product-{id}`, `category-{query.category}`, `{response.x-tag}`. */
export function parseTag(text: string): Parsed<TagTemplate> {
  if (text === '') return { problem: 'is empty – write a tag such as `product-{id}`' };
  const parts: TagPart[] = [];
  for (const [found, inside] of text.matchAll(PART)) {
    if (inside !== undefined) {
      const part = variable(inside);
      if ('problem' in part) return part;
      parts.push(part.value);
    } else if (found === '{' || found === '}') {
      return { problem: `${shown(text)} has a brace without its partner – write variables as \`{id}\`` };
    } else if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(found)) {
      return {
        problem: `${shown(text)} – a tag has no spaces, commas or characters beyond ASCII: remove them`,
      };
    } else {
      parts.push({ kind: 'text', text: found });
    }
  }
  return { value: parts };
}

function variable(inside: string): Parsed<TagPart> {
  const dot = inside.indexOf('.');
  const [kind, name] = dot < 0 ? ['', inside] : [inside.slice(0, dot), inside.slice(dot + 1)];
  if (kind === '' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return { value: { kind: 'param', name } };
  if (kind === 'query' && name !== '') return { value: { kind: 'query', name } };
  if (kind === 'response') {
    const field = parseFieldName(name);
    return 'value' in field ? { value: { kind: 'response', name: field.value } } : field;
  }
  return {
    problem: `\`{${inside}}\` is no variable of a tag – write \`{param}\`, \`{query.name}\` or \`{response.field}\``,
  };
}
