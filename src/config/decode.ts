import type { z } from 'zod';
import { missingSpace } from './document.ts';
import { shown } from './parsed.ts';
import type { Path, Report } from './problems.ts';
import { unknownKey } from './scalar.ts';

type Shape = z.core.$ZodLooseShape;

/**
 * Decodes a section key by key, so that one mistake hides no other. What had a problem is reported
 * and left out. `known` are the keys that may be meant by one that is not in the schema.
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
    const result = (field as unknown as z.ZodType).safeParse(fields.get(key), { error: plainMessage });
    if (!result.success) reportIssues(result.error.issues, [...path, key], report);
    else if (result.data !== undefined) decoded[key] = result.data;
  }
  return decoded as Partial<z.output<z.ZodObject<S, z.core.$strict>>>;
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
