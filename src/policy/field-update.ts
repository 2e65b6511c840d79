import { type FieldLines, withoutFields } from './fields.ts';
import { parseVary } from './vary.ts';

/**
 * Fields that an update leaves as they are (RFC 9111 §3.2): Content-Length, and those that are bound to the
 * bytes of the stored body. A message without a body that says otherwise speaks of other bytes, or of none.
 */
const BOUND_TO_BODY = new Set([
  'content-length',
  'content-encoding',
  'content-range',
  'content-md5',
  'content-digest',
]);

/**
 * The fields of a stored response with those of a newer message laid over them (RFC 9111 §3.2): every line
 * of a field that both have is replaced. Its Age and Date are the newer message's, or nobody's.
 */
export function updatedFields(stored: FieldLines, update: FieldLines): string[] {
  const replaced = new Set(['date']);
  const news = varyOfBoth(stored, update);
  if (news.length > 0) replaced.add('vary');
  for (let i = 0; i < update.length; i += 2) {
    const name = (update[i] as string).toLowerCase();
    if (BOUND_TO_BODY.has(name) || name === 'vary') continue;
    replaced.add(name);
    news.push(update[i] as string, update[i + 1] as string);
  }
  return withoutFields(stored, replaced).concat(news);
}

/**
 * The Vary line of an updated response: the body was selected by all that the first response named,
 * so that an update which names less must not offer it to those who would have been sent another one.
 */
function varyOfBoth(stored: FieldLines, update: FieldLines): string[] {
  const [was, is] = [parseVary(stored), parseVary(update)];
  if (is.kind === 'none') return [];
  if (is.kind === 'star' || was.kind === 'star') return ['Vary', '*'];
  const names = was.kind === 'none' ? is.names : [...new Set([...was.names, ...is.names])];
  return ['Vary', names.join(', ')];
}
