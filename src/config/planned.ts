import { formatPath, type Path, type Report } from './problems.ts';

/** A part of the configuration that is decided, but not built in this version. */
interface Planned {
  /** `*` stands for every list position. */
  readonly path: readonly string[];
}

const ROUTE: readonly Planned[] = [{ path: ['concurrency'] }];

/** The one list of what is refused for now. Whoever builds a part removes its line. */
const PLANNED: readonly Planned[] = [
  ...ROUTE.map((planned) => ({ ...planned, path: ['defaults', ...planned.path] })),
  ...ROUTE.map((planned) => ({ ...planned, path: ['routes', '*', ...planned.path] })),
];

/** Reports every planned part that is used. */
export function refusePlanned(value: unknown, report: Report): void {
  for (const planned of PLANNED) visit(value, planned, 0, [], report);
}

function visit(value: unknown, planned: Planned, depth: number, path: Path, report: Report): void {
  const step = planned.path[depth];
  if (step === undefined) {
    refuse(path, report);
  } else if (step === '*') {
    if (!Array.isArray(value)) return;
    for (const [i, item] of value.entries()) visit(item, planned, depth + 1, [...path, i], report);
  } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, step)) {
    visit((value as Record<string, unknown>)[step], planned, depth + 1, [...path, step], report);
  }
}

function refuse(path: Path, report: Report): void {
  const name = formatPath(path.slice(-1));
  report(path, `\`${name}\` is part of the configuration but not built in this version; remove it`, 'key');
}

/** What the reference says of a planned part at this path (list positions as `*`); undefined for what is built. */
export function plannedNote(path: readonly string[]): string | undefined {
  const isPlanned = PLANNED.some((candidate) => candidate.path.join('.') === path.join('.'));
  return isPlanned ? 'Planned, refused by this version.' : undefined;
}
