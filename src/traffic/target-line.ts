import { isMethod, namedTarget } from './named-target.ts';
import { barely, type ReadLine, unreadable } from './traffic-request.ts';

/** Reads `/path?query`, a URL, or either behind a method: `HEAD /path`. */
export function readTargetLine(line: string): ReadLine {
  const words = line.trim().split(/[ \t]+/);
  const [first = '', second] = words;
  const method = second === undefined ? 'GET' : first;
  const named = words.length <= 2 && isMethod(method) ? namedTarget(second ?? first) : undefined;
  if (named === undefined) return unreadable('neither a path, a URL nor a line of a log');
  return { kind: 'request', format: 'targets', request: barely({ method, ...named }) };
}
