import { availableParallelism } from 'node:os';
import type {
  AdminConfig,
  BreakerConfig,
  CoherenceConfig,
  DownstreamConfig,
  MemoryConfig,
  RedisConfig,
  UpstreamConfig,
  WarmStartConfig,
} from './config.ts';
import type { Parsed } from './parsed.ts';
import type { Report } from './problems.ts';
import type { Sections } from './schema.ts';

/** The upstream section. `readCa` gives the PEM text of a file named in it. */
export function upstreamConfig(
  section: NonNullable<Sections['upstream']>,
  readCa: (path: string) => Parsed<string>,
  report: Report,
): UpstreamConfig | undefined {
  if (typeof section === 'string') return undefined;
  let ca: string | undefined;
  if (section.tls.ca !== undefined) {
    const read = readCa(section.tls.ca);
    if ('problem' in read) report(['upstream', 'tls', 'ca'], read.problem);
    else ca = read.value;
  }
  return {
    origin: section.url,
    host: section.host,
    connections: section.connections,
    queue: section.queue,
    breaker: breakerConfig(section.breaker),
    connectTimeout: section['connect-timeout'],
    headTimeout: section['head-timeout'],
    idleTimeout: section['idle-timeout'],
    timeout: section.timeout,
    keepAlive: section['keep-alive'],
    fastReader: section['fast-reader'],
    ca,
    verify: section.tls.verify,
  };
}

type UpstreamSection = Exclude<NonNullable<Sections['upstream']>, string>;

function breakerConfig(section: UpstreamSection['breaker']): BreakerConfig | undefined {
  if (section === 'off') return undefined;
  const { failures, 'at-least': atLeast, within, open, longest, statuses } = section;
  return { failures, atLeast, within, open, longest, statuses };
}

/** The admin section; the schema has checked who may purge. */
export function adminConfig(section: NonNullable<Sections['admin']>): AdminConfig {
  if (section === 'off') return { listen: undefined, tokens: [] };
  const { listen, token } = section;
  const tokens = [...(section.tokens ?? [])];
  if (token !== undefined) tokens.push({ name: 'admin', token, scopes: ['read', 'purge'] });
  return { listen, tokens };
}

export function memoryConfig(section: NonNullable<Sections['memory']>): MemoryConfig {
  if (section === 'off') return { enabled: false, limit: 0, sweep: 10_000 };
  if (typeof section === 'number') return { enabled: true, limit: section, sweep: 10_000 };
  return { enabled: true, limit: section.limit, sweep: section.sweep };
}

export function redisConfig(section: NonNullable<Sections['redis']>): RedisConfig | undefined {
  if (typeof section === 'string' || section.url === 'off') return undefined;
  return {
    url: section.url,
    namespace: section.namespace,
    connectTimeout: section['connect-timeout'],
    commandTimeout: section['command-timeout'],
    maxValue: section['max-value'],
    maxInFlight: section['max-in-flight'],
    sentinelPassword: section['sentinel-password'],
    hmacKeys: [section['hmac-key'] ?? []].flat(),
    warmStart: warmStartConfig(section['warm-start']),
  };
}

/** What `true` stands for. */
const WARM_START: WarmStartConfig = { keys: 1000, within: 5_000 };

function warmStartConfig(section: boolean | WarmStartConfig): WarmStartConfig | undefined {
  if (section === false) return undefined;
  return section === true ? WARM_START : section;
}

export function coherenceConfig(section: NonNullable<Sections['coherence']>): CoherenceConfig {
  const { lease, cap, history, replica } = section;
  return { lease, cap, history, replica };
}

/** `auto`: as many as there are cores for this process. */
export function workerCount(section: NonNullable<Sections['workers']>): number {
  return section === 'auto' ? availableParallelism() : section;
}

export function downstreamConfig(section: NonNullable<Sections['clients']>): DownstreamConfig {
  return {
    headTimeout: section['head-timeout'],
    requestTimeout: section['request-timeout'],
    requestProgress: section['request-progress'],
    keepAlive: section['keep-alive'],
    stallTimeout: section['stall-timeout'],
    maxHead: section['max-head'],
    maxFields: section['max-fields'],
    maxTarget: section['max-target'],
    maxConnections: section['max-connections'],
    maxRequests: section['max-requests'],
    trustForwarded: section['trust-forwarded'],
  };
}
