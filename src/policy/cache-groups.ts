import { type FieldLines, fieldValue } from './fields.ts';
import { originOf } from './origin.ts';
import type { RequestHead } from './request.ts';
import { readList } from './structured-field.ts';

/** Groups that one field may name, and characters of a name; RFC 9875 §2 asks for 32 of 32 at least. */
export const MAX_GROUPS = 1_000;
export const MAX_GROUP_LENGTH = 1_024;

/** No other tag begins so: neither those of a rule (policy/tags) nor those of an upstream can. */
const PREFIX = 'cache-group ';

/**
 * The tag that stands for a group of one origin, such as `cache-group http://shop.example prices`. An
 * origin has no space, so that no group can pass for one of another origin (RFC 9875 §2.1).
 */
export function groupTag(scheme: 'http' | 'https', authority: string, group: string): string {
  return `${PREFIX}${originOf(scheme, authority)} ${group}`;
}

export function isGroupTag(tag: string): boolean {
  return tag.startsWith(PREFIX);
}

/** Of the request's origin, which the groups of its response belong to. */
type Origin = Pick<RequestHead, 'scheme' | 'authority'>;

/**
 * The groups that a response is in (`Cache-Groups`, RFC 9875 §2), as tags. undefined beyond the bounds.
 */
export function cacheGroups(fields: FieldLines, origin: Origin): readonly string[] | undefined {
  return groupTags(fields, 'cache-groups', origin);
}

/**
 * The groups that the response to an unsafe request makes invalid (`Cache-Group-Invalidation`,
 * RFC 9875 §3), as tags; whoever asks has seen to method and status. undefined beyond the bounds.
 */
export function invalidatedGroups(fields: FieldLines, origin: Origin): readonly string[] | undefined {
  return groupTags(fields, 'cache-group-invalidation', origin);
}

const NONE: readonly string[] = [];

/**
 * A List of Strings; parameters are ignored, and so is a field that is anything else, as a whole
 * (RFC 9651 §4.2). Strings are compared character by character.
 */
function groupTags(fields: FieldLines, name: string, origin: Origin): readonly string[] | undefined {
  const value = fieldValue(fields, name);
  const members = value === undefined ? undefined : readList(value);
  if (members === undefined) return NONE;
  const groups = new Set<string>();
  for (const [group] of members) {
    if (typeof group !== 'string') return NONE;
    groups.add(group);
  }
  if (groups.size > MAX_GROUPS) return undefined;
  const tags: string[] = [];
  for (const group of groups) {
    if (group.length > MAX_GROUP_LENGTH) return undefined;
    tags.push(groupTag(origin.scheme, origin.authority, group));
  }
  return tags;
}
