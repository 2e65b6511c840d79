import type { PathPattern } from './path-patterns.ts';
import { isPrefix, singular } from './path-segment.ts';

/*
 * What paths of the usual shape name: `/products` a collection, `/products/:id` a thing in it, `/products/:id/reviews` a
 * collection of that thing, `/products/:id/publish` something done to it.
 */

const isParam = (segment: string): boolean => segment.startsWith(':');

/** `product` for `/api/products/:id`, `products` for `/products`, `product-reviews`, `assets`. */
export function nameOf({ segments }: PathPattern): string {
  const words = meaningful(segments);
  const parts = words.flatMap((segment, i) => {
    if (isParam(segment)) return [];
    const next = words[i + 1];
    return [plain(next !== undefined && isParam(next) ? singular(segment) : segment)];
  });
  const name = parts.filter((part) => part !== '').join('-');
  if (name !== '') return name;
  return segments.length === 0
    ? 'home'
    : segments.some(isParam)
      ? 'page'
      : segments.map(plain).join('-') || 'other';
}

/** The tag of what a pattern names: `products`, `product-{id}`, `product-{id}-reviews`. None where nothing names it. */
export function tagsOf({ segments }: PathPattern): string[] {
  const tag = tagOf(segments);
  return tag === undefined ? [] : [tag];
}

function tagOf(segments: readonly string[]): string | undefined {
  const words = meaningful(segments);
  const parts: string[] = [];
  for (const [i, segment] of words.entries()) {
    const next = words[i + 1];
    if (isParam(segment)) parts.push(`{${segment.slice(1)}}`);
    else parts.push(plain(next !== undefined && isParam(next) ? singular(segment) : segment));
  }
  return words.length === 0 || parts.includes('') ? undefined : parts.join('-');
}

/**
 * What a write there is likely to change: the thing itself, the collection it is in, and for what stands below a thing that
 * thing. Only what some of the `cached` patterns carries.
 */
export function purgesOf({ segments }: PathPattern, cached: readonly PathPattern[]): string[] {
  const carried = new Set(cached.filter(({ isTail }) => !isTail).flatMap(tagsOf));
  const tags: string[] = [];
  const add = (of: readonly string[]): void => {
    const tag = tagOf(of);
    if (tag !== undefined && carried.has(tag) && !tags.includes(tag)) tags.push(tag);
  };
  add(segments);
  const lastParam = segments.findLastIndex(isParam);
  if (lastParam >= 0) {
    add(segments.slice(0, lastParam + 1));
    add(segments.slice(0, lastParam));
  }
  return tags;
}

/** Without what stands in front of all resources. */
function meaningful(segments: readonly string[]): readonly string[] {
  const start = segments.findIndex((segment) => !isPrefix(segment));
  return start < 0 ? [] : segments.slice(start);
}

function plain(segment: string): string {
  return segment
    .replace(/%[0-9A-F]{2}|[^A-Za-z0-9]+/gi, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
}
