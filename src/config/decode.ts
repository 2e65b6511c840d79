import { z } from 'zod';
import { missingSpace } from './document.ts';
import { shown } from './parsed.ts';
import type { Path, Report } from './problems.ts';
import { unknownKey } from './scalar.ts';

type Shape = z.core.$ZodLooseShape;

/**
 * Decodes a section key by key, so that one mistake hides no other. What had a problem is reported
 * and left out; of a setting that may be absent, the parts without one are kept. `known` are the keys that may be meant by one that is not in the schema.
 */
export function decodeSection<S extends Shape>(
  schema: z.ZodObject<S, z.core.$strict>,
  value: unknown,
  path: Path,
  report: Report,
  known: readonly string[] = Object.keys(schema.shape),
): Partial<z.output<z.ZodObject<S, z.core.$strict>>> {
  const decoded: Record<string, unknown> = {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(
      path,
      missingSpace(value) ??
        `expected keys and values, not ${shown(value)} – begin with ${known.slice(0, 3).join(', ')}`,
    );
    return decoded as Partial<z.output<z.ZodObject<S, z.core.$strict>>>;
  }
  const fields = new Map(Object.entries(value));
  for (const key of fields.keys()) {
    if (!known.includes(key)) report([...path, key], unknownKey(key, known), 'key');
  }
  for (const [key, field] of Object.entries(schema.shape)) {
    const part = decodePart(field as unknown as z.ZodType, fields.get(key), [...path, key], report);
    if (part !== undefined) decoded[key] = part;
  }
  return decoded as Partial<z.output<z.ZodObject<S, z.core.$strict>>>;
}

/**
 * Some mistakes show only once others are away: names of a map behind its values, or what is checked
 * across settings. So an optional part is read again without what was wrong, until it can be read.
 */
function decodePart(schema: z.ZodType, value: unknown, path: Path, report: Report): unknown {
  const wrong: Path[] = [];
  let left = value;
  while (true) {
    const result = schema.safeParse(left, { error: plainMessage });
    if (result.success) return result.data;
    const before = left;
    const found: Path[] = [];
    reportIssues(result.error.issues, [], (at, message, part) => {
      // What is said of something around a part that was left out may be said because of that.
      if (!wrong.some((inner) => at.every((step, i) => step === inner[i])))
        report([...path, ...at], message, part);
      found.push(at);
      left = without(left, at);
    });
    wrong.push(...found);
    if (!(schema instanceof z.ZodOptional) || left === before || left === undefined) return undefined;
  }
}

/** The value without what stands at `path`, and without the list around it: no position may shift. */
function without(value: unknown, path: Path): unknown {
  const [step, ...rest] = path;
  if (step === undefined || Array.isArray(value)) return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, part]): [string, unknown][] => {
    const kept = name === String(step) ? without(part, rest) : part;
    return kept === undefined ? [] : [[name, kept]];
  });
  const isWhole = entries.every(([name, part]) => part === (value as Record<string, unknown>)[name]);
  return isWhole && entries.length === Object.keys(value).length ? value : Object.fromEntries(entries);
}

/** Only what no schema words itself: the types of lists and sections have their own messages. */
const plainMessage: z.core.$ZodErrorMap = (issue) =>
  issue.code === 'invalid_type'
    ? `${shown(issue.input)} is not what is expected here – give it ${issue.expected}`
    : undefined;

function reportIssues(issues: readonly z.core.$ZodIssue[], base: Path, report: Report): void {
  for (const issue of issues) {
    const path = [...base, ...(issue.path as Path)];
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split('\n');
      for (const [i, key] of issue.keys.entries())
        report([...path, key], messages[i] ?? issue.message, 'key');
    } else if (issue.code === 'invalid_union') {
      const branch = meantBranch(issue.errors);
      if (branch === undefined) report(path, issue.message);
      else reportIssues(branch, path, report);
    } else {
      const { part } = (issue.code === 'custom' && issue.params) || {};
      report(path, issue.message, part === 'key' ? 'key' : 'value');
    }
  }
}

/** The branch of a union that the value was written for: the one whose type it has. */
function meantBranch(branches: readonly (readonly z.core.$ZodIssue[])[]) {
  const ofType = branches.filter(
    (issues) => !issues.some((i) => i.path.length === 0 && i.code === 'invalid_type'),
  );
  const inside = ofType.filter(
    (issues) => !issues.some((i) => i.path.length === 0 && i.code === 'invalid_value'),
  );
  return inside[0] ?? ofType[0];
}
