import type { Environment } from './interpolation.ts';
import type { Path } from './problems.ts';

/** What flags of the command line say; undefined where one is not given. */
export interface Flags {
  readonly listen?: string | undefined;
  readonly upstream?: string | undefined;
  readonly adminListen?: string | undefined;
  readonly redis?: string | undefined;
  readonly namespace?: string | undefined;
  readonly ttl?: string | undefined;
  readonly memory?: string | undefined;
  readonly workers?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly pretty?: boolean | undefined;
}

/** Where a flag or variable takes its place in the file. */
export interface Place {
  readonly flag?: keyof Flags;
  readonly option?: string;
  /** The first one set counts. */
  readonly variables?: readonly string[];
  /** A variable that others read too: it counts only where the file is silent about the section. */
  readonly fallback?: string;
  readonly path: readonly [section: string, key?: string];
  /** `off` switches the whole section off. */
  readonly off?: true;
  /** Digits are a number, as they are in the file. */
  readonly number?: true;
  /** Has a meaning only where the section is not off. */
  readonly within?: true;
}

/** Every flag and variable; the reference lists them from here. */
export const PLACES: readonly Place[] = [
  { flag: 'listen', option: '--listen', variables: ['CACHESIDE_LISTEN'], path: ['listen'] },
  { flag: 'upstream', option: '--upstream', variables: ['CACHESIDE_UPSTREAM'], path: ['upstream', 'url'] },
  {
    flag: 'adminListen',
    option: '--admin-listen',
    variables: ['CACHESIDE_ADMIN_LISTEN'],
    path: ['admin', 'listen'],
    off: true,
  },
  { variables: ['CACHESIDE_ADMIN_TOKEN'], path: ['admin', 'token'], within: true },
  {
    flag: 'redis',
    option: '--redis',
    variables: ['CACHESIDE_REDIS'],
    fallback: 'REDIS_URL',
    path: ['redis', 'url'],
    off: true,
  },
  {
    flag: 'namespace',
    option: '--namespace',
    variables: ['CACHESIDE_NAMESPACE'],
    path: ['redis', 'namespace'],
    within: true,
  },
  { flag: 'ttl', option: '--ttl', variables: ['CACHESIDE_TTL'], path: ['defaults', 'ttl'] },
  {
    flag: 'memory',
    option: '--memory',
    variables: ['CACHESIDE_MEMORY'],
    path: ['memory', 'limit'],
    off: true,
  },
  {
    flag: 'workers',
    option: '--workers',
    variables: ['CACHESIDE_WORKERS'],
    path: ['workers'],
    number: true,
  },
  { flag: 'logLevel', option: '--log-level', variables: ['CACHESIDE_LOG_LEVEL'], path: ['log', 'level'] },
  { flag: 'pretty', option: '--pretty', path: ['log', 'pretty'] },
];

/** Sections with a short form, and the key it stands for. */
const SHORT: Readonly<Record<string, string>> = { upstream: 'url', redis: 'url', memory: 'limit' };

/** The value of the file with flags and environment in their places, and which place came from where. */
export interface Overridden {
  readonly value: Record<string, unknown>;
  /** The flag or variable that a problem at `path` belongs to; undefined where it is the file's. */
  sourceOf(path: Path): string | undefined;
  /** The path as the file has it, where a section stands in its short form. */
  written(path: Path): Path;
}

/** Flags before environment before file. An empty variable counts as unset. */
export function override(
  file: Readonly<Record<string, unknown>>,
  flags: Flags,
  env: Environment,
): Overridden {
  const value: Record<string, unknown> = { ...file };
  for (const [section, key] of Object.entries(SHORT)) {
    const short = value[section];
    if (typeof short === 'number' || (typeof short === 'string' && short !== 'off'))
      value[section] = { [key]: short };
  }
  const sources = new Map<string, string>();
  for (const place of PLACES) {
    const given = find(place, flags, env, Object.hasOwn(file, place.path[0]));
    if (given === undefined) continue;
    const [section, key] = place.path;
    if (key === undefined || (place.off && given.value === 'off')) {
      value[section] = given.value;
      sources.set(section, given.source);
      continue;
    }
    const current = value[section];
    if (place.within && current === 'off') continue;
    const rest = key === 'token' ? { tokens: undefined } : {};
    value[section] = { ...(isSection(current) ? current : {}), ...rest, [key]: given.value };
    sources.set(`${section}.${key}`, given.source);
  }
  const sourceOf = (path: Path) => sources.get(path.slice(0, 2).join('.')) ?? sources.get(String(path[0]));
  const written = (path: Path) => {
    const section = String(path[0]);
    return isSection(file[section]) || SHORT[section] !== path[1] ? path : path.slice(0, 1);
  };
  return { value, sourceOf, written };
}

function find(
  place: Place,
  flags: Flags,
  env: Environment,
  inFile: boolean,
): { value: unknown; source: string } | undefined {
  const flag = place.flag === undefined ? undefined : flags[place.flag];
  if (flag !== undefined) return { value: read(place, flag), source: place.option ?? '' };
  const { variables = [], fallback } = place;
  for (const source of fallback === undefined || inFile ? variables : [...variables, fallback]) {
    const value = env[source];
    if (value !== undefined && value !== '') return { value: read(place, value), source };
  }
  return undefined;
}

function read({ number }: Place, given: unknown): unknown {
  return number && typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
}

/** Something of a wrong type is no section: the flag takes its place. */
function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
