import { dirname, resolve } from 'node:path';
import { type Address, isLoopback } from '../address.ts';
import { checkCompressed } from './compress-check.ts';
import type { Config } from './config.ts';
import { decodeSection } from './decode.ts';
import { readDocument } from './document.ts';
import type { Environment } from './interpolation.ts';
import { type Flags, override } from './override.ts';
import { type Parsed, shown } from './parsed.ts';
import { ConfigError, formatPath, type Problem, type Report } from './problems.ts';
import { readFile } from './read-file.ts';
import { checkRedis } from './redis-check.ts';
import { catchAll, decodeRoutes } from './route-decoding.ts';
import { configSchema, type Sections } from './schema.ts';
import { defaultsSchema, routeSchema } from './schema-route.ts';
import { readSecretFiles } from './secret-files.ts';
import {
  adminConfig,
  coherenceConfig,
  downstreamConfig,
  memoryConfig,
  redisConfig,
  upstreamConfig,
  workerCount,
} from './sections.ts';

export interface LoadOptions {
  /** The YAML file; ahead of CACHESIDE_CONFIG. */
  readonly file?: string | undefined;
  readonly flags: Flags;
  readonly env: Environment;
  /** How long whoever writes into a pipe may take, where the file is one; ms, 5,000 if not given. */
  readonly patience?: number;
  /** Gives the text of a file; for tests. */
  readonly readFile?: (path: string) => string;
}

const PATIENCE = 5_000;

/**
 * Flags, environment, YAML file and defaults, in this order, as one frozen configuration.
 * Throws a ConfigError that lists every problem at once.
 */
export function loadConfig(options: LoadOptions): Config {
  const { flags } = options;
  const { CACHESIDE_CONFIG: named } = options.env;
  const file = options.file ?? (named || undefined);
  const read = (path: string) =>
    readText(path, options.readFile ?? ((name) => readFile(name, options.patience ?? PATIENCE)));

  const text = file === undefined ? { value: '' } : read(file);
  if ('problem' in text) {
    const source = file || undefined;
    throw new ConfigError([{ source, line: 0, column: 0, path: '', message: text.problem }]);
  }
  const { env, problems: secretProblems } = readSecretFiles(options.env, read);
  const document = readDocument(text.value, env);
  const { value, sourceOf, written } = override(document.value, flags, env);

  const problems: Problem[] = [
    ...secretProblems.map((problem) => ({ ...problem, line: 0, column: 0, path: '' })),
    ...document.problems.map((problem) => ({ source: file, ...problem })),
  ];
  const refused = new Set(problems.map((problem) => problem.path));
  const report: Report = (path, message, part = 'value') => {
    if (path.some((_, i) => refused.has(formatPath(path.slice(0, i + 1))))) return;
    refused.add(formatPath(path));
    const source = sourceOf(path);
    const place =
      source === undefined && file !== undefined ? document.locate(path, part) : { line: 0, column: 0 };
    problems.push({ source: source ?? file, ...place, path: formatPath(written(path)), message });
  };

  const readCa = (name: string) => read(file === undefined ? name : resolve(dirname(file), name));
  const config = document.readable ? decode(value, file, readCa, report) : undefined;
  if (problems.length > 0 || config === undefined) {
    throw new ConfigError(problems.sort((a, b) => a.line - b.line || a.column - b.column));
  }
  const routeLines = Array.isArray(document.value['routes'])
    ? config.routes.map((_, i) => document.locate(['routes', i], 'key').line)
    : [];
  return freeze({ ...config, routeLines });
}

/** The configuration of a document, or undefined where something it can't do without had a problem. */
function decode(
  value: Record<string, unknown>,
  file: string | undefined,
  readCa: (path: string) => Parsed<string>,
  report: Report,
): Omit<Config, 'routeLines'> | undefined {
  const { routes: routeValues, defaults: defaultValues, redis: redisValue, ...others } = value;
  const { admin: adminValue } = others;
  const isAlone = isNamespaceAlone(redisValue);
  const rest = { ...others, redis: isAlone ? 'off' : redisValue };
  if (isAlone) {
    report(
      ['redis', 'namespace'],
      'has no effect without Redis – name one with --redis URL, in CACHESIDE_REDIS or in the file',
    );
  }
  if (!Object.hasOwn(rest, 'upstream')) {
    report(['upstream'], 'is missing – name it in the file, with --upstream URL, or in CACHESIDE_UPSTREAM');
  }
  reportMisplaced(rest, report);
  const sections: Sections = decodeSection(
    configSchema.omit({ routes: true, defaults: true }),
    rest,
    [],
    report,
    Object.keys(configSchema.shape),
  );
  const defaults = decodeSection(
    configSchema.shape.defaults.unwrap(),
    defaultValues ?? {},
    ['defaults'],
    report,
  );
  if (routeValues !== undefined && !Array.isArray(routeValues)) {
    report(['routes'], 'expected a list – write `routes:` and then `- match: GET /products/:id`', 'key');
  }
  const routes = Array.isArray(routeValues)
    ? decodeRoutes(routeValues, defaults, report)
    : [catchAll(defaults, report)];

  const upstream = sections.upstream && upstreamConfig(sections.upstream, readCa, report);
  const admin = sections.admin && adminConfig(sections.admin);
  const memory = sections.memory && memoryConfig(sections.memory);
  if (memory) checkCompressed(memory, routes, report);
  const redis = sections.redis === undefined ? undefined : redisConfig(sections.redis);
  if (redis !== undefined) checkRedis(redis, report);
  const coherence = sections.coherence && coherenceConfig(sections.coherence);
  const workers = sections.workers && workerCount(sections.workers);
  const downstream = sections.clients && downstreamConfig(sections.clients);
  const { listen, log, tracing, 'fast-door': fastDoor } = sections;
  const drainDelay = sections['drain-delay'];
  const drainTimeout = sections['drain-timeout'];
  if (
    listen &&
    admin?.listen &&
    listen.port !== 0 &&
    listen.port === admin.listen.port &&
    listen.host === admin.listen.host
  ) {
    const where = adminValue === undefined ? ['listen'] : ['admin', 'listen'];
    report(where, '`listen` and `admin.listen` are the same address – choose another port');
  }
  if (listen && upstream && reaches(upstream.origin, listen)) {
    report(
      ['upstream', 'url'],
      'is Cacheside itself: it listens there – name the service behind it, or listen elsewhere',
    );
  }
  if (
    !listen ||
    !upstream ||
    !admin ||
    !memory ||
    !downstream ||
    !log ||
    !coherence ||
    !workers ||
    drainDelay === undefined ||
    drainTimeout === undefined ||
    fastDoor === undefined ||
    tracing === undefined
  )
    return undefined;
  return {
    listen,
    upstream,
    admin,
    memory,
    redis,
    coherence,
    workers,
    routes,
    downstream,
    fastDoor,
    tracing,
    log,
    drainDelay,
    drainTimeout,
    file,
  };
}

/** Settings of routes at the top of the file. */
function reportMisplaced(top: Record<string, unknown>, report: Report): void {
  const inherited = Object.keys(defaultsSchema.shape);
  for (const key of Object.keys(top)) {
    if (Object.hasOwn(configSchema.shape, key) || !Object.hasOwn(routeSchema.shape, key)) continue;
    const where = inherited.includes(key) ? 'under `defaults`, or in a route' : 'in a route';
    report([key], `${shown(key)} belongs ${where} of \`routes\``, 'key');
  }
}

function isNamespaceAlone(redis: unknown): boolean {
  return typeof redis === 'object' && redis !== null && Object.keys(redis).join() === 'namespace';
}

/** Whether a connection to the origin ends at this address of ours. */
function reaches(origin: string, { host, port }: Address): boolean {
  const { protocol, hostname, port: explicit } = new URL(origin);
  if (port === 0 || Number(explicit || (protocol === 'https:' ? 443 : 80)) !== port) return false;
  const name = hostname.replace(/^\[|\]$/g, '');
  if (name === host) return true;
  return isLoopback(name) && (isLoopback(host) || host === '::' || host === '0.0.0.0');
}

function readText(path: string, read: (path: string) => string): Parsed<string> {
  if (path === '') return { problem: 'the name of the file is empty – name one, or leave --config out' };
  try {
    return { value: read(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { problem: `there is no file ${path} – check the path` };
    if (code === 'EACCES') return { problem: `${path} may not be read – check its permissions` };
    if (code === 'EISDIR') return { problem: `${path} is a folder – name a file` };
    return { problem: `${path} can't be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
  return value;
}
