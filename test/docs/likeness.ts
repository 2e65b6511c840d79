/** A member of JSON that says: there are more. */
const MORE = '…';

/**
 * What differs between the JSON that a page shows and what came: members and types count, values do not. `"…"` as a
 * member stands for others; an empty list says nothing of what may be in it.
 */
export function differencesOfJson(shown: unknown, came: unknown, at = ''): string[] {
  const here = at === '' ? 'all of it' : at;
  if (kindOf(shown) !== kindOf(came))
    return [`${here} is shown as ${kindOf(shown)} and came as ${kindOf(came)}`];
  if (Array.isArray(shown) && Array.isArray(came)) {
    if (shown.length === 0) return [];
    if (came.length === 0) return [`${here} is shown with members and came empty`];
    return came.flatMap((member, i) => {
      const all = shown.map((form) => differencesOfJson(form, member, `${at}[${i}]`));
      return all.some((differences) => differences.length === 0) ? [] : (all[0] ?? []);
    });
  }
  if (!isRecord(shown) || !isRecord(came)) return [];
  const isOpen = Object.hasOwn(shown, MORE);
  const names = Object.keys(shown).filter((name) => name !== MORE);
  return [
    ...names.flatMap((name) =>
      Object.hasOwn(came, name)
        ? differencesOfJson(shown[name], came[name], `${at}.${name}`)
        : [`${at}.${name} is shown and did not come`],
    ),
    ...(isOpen ? [] : Object.keys(came).filter((name) => !Object.hasOwn(shown, name))).map(
      (name) => `${at}.${name} came and is not shown`,
    ),
  ];
}

/**
 * The lines of a page that did not come, in this order. Numbers may be others, but for those of statuses and in Cache-Status;
 * a lifetime there may be shorter by some seconds. `…` stands for anything.
 */
export function missingLines(shown: string, came: string): string[] {
  const lines = came.split('\n').map((line) => line.trim());
  let from = 0;
  return shown
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .filter((line) => {
      const found = lines.findIndex((candidate, i) => i >= from && isLike(line, candidate));
      if (found < 0) return true;
      from = found + 1;
      return false;
    });
}

/** The last JSON document of an output; undefined without one. */
export function lastJson(output: string): unknown {
  const lines = output.trimEnd().split('\n');
  for (const [i, line] of lines.entries()) {
    if (!/^\s*[[{"]/.test(line)) continue;
    try {
      return JSON.parse(lines.slice(i).join('\n'));
    } catch {
      // Another one begins further below.
    }
  }
  return undefined;
}

/** How much shorter than shown a lifetime may be; s. */
const SLACK = 2;

function isLike(shown: string, came: string): boolean {
  const isStatus = /\bcacheside;|^HTTP\//i.test(shown);
  const digits = isStatus ? /\bttl=-?\d+|…/g : /\d+|…/g;
  const lifetime = (text: string) => Number(/\bttl=(-?\d+)/.exec(text)?.[1] ?? Number.NaN);
  if (isStatus && Math.abs(lifetime(shown) - lifetime(came)) > SLACK) return false;
  const parts = shown.split(digits).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const marks = [...shown.matchAll(digits)].map(([mark]) =>
    mark === MORE ? '.*' : mark.startsWith('ttl') ? 'ttl=-?\\d+' : '\\d+',
  );
  const source = parts.map((part, i) => part.replaceAll(/\s+/g, '\\s+') + (marks[i] ?? '')).join('');
  return new RegExp(`^${source}$`, 'i').test(came);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return kindOf(value) === 'object';
}
