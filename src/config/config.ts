import type { Address } from '../address.ts';
import type { RouteRule } from '../policy/route-rule.ts';

/** Everything Cacheside runs by, validated and frozen. Durations are ms, sizes bytes. */
export interface Config {
  readonly listen: Address;
  readonly upstream: UpstreamConfig;
  readonly admin: AdminConfig;
  readonly memory: MemoryConfig;
  /** undefined: no Redis tier. */
  readonly redis: RedisConfig | undefined;
  readonly coherence: CoherenceConfig;
  /** How many processes share the port. */
  readonly workers: number;
  /** Tried in order; the first match wins. */
  readonly routes: readonly RouteRule[];
  /** Where each route stands in the file, a line from 1; empty where the file lists none. */
  readonly routeLines: readonly number[];
  readonly downstream: DownstreamConfig;
  /** Whether plain requests are read by a reader of our own. */
  readonly fastDoor: boolean;
  /** Whether requests are traced by OpenTelemetry. */
  readonly tracing: boolean;
  readonly log: LogConfig;
  /** How long connections are taken on after SIGTERM. */
  readonly drainDelay: number;
  /** How long a drain waits for requests under way from then on. */
  readonly drainTimeout: number;
  /** Where it was read from; undefined where flags and environment alone made it. */
  readonly file: string | undefined;
}

export interface UpstreamConfig {
  /** Origin only: scheme, host, port. */
  readonly origin: string;
  /** `preserve`: the client's Host is sent on; `upstream`: the upstream's own. */
  readonly host: 'preserve' | 'upstream';
  readonly connections: number;
  /** Requests that may wait for one of them. */
  readonly queue: number;
  /** undefined: it is asked whatever it answers. */
  readonly breaker: BreakerConfig | undefined;
  readonly connectTimeout: number;
  /** From the request sent to the response head received. */
  readonly headTimeout: number;
  /** Longest silence inside a body. */
  readonly idleTimeout: number;
  /** Over an exchange until its head, and over background work and recorded bodies as a whole; 1xx do not extend it. */
  readonly timeout: number;
  /** How long an unused connection is kept. */
  readonly keepAlive: number;
  /** Whether plain answers are read without undici. */
  readonly fastReader: boolean;
  /** PEM text of additional authorities; undefined: the system's. */
  readonly ca: string | undefined;
  /** false accepts any certificate. */
  readonly verify: boolean;
}

/** When a route's requests are not sent to the upstream. */
export interface BreakerConfig {
  /** Share of the exchanges, above 0 and at most 1, that has to fail. */
  readonly failures: number;
  /** Exchanges below which that says nothing. */
  readonly atLeast: number;
  /** How far back they count. */
  readonly within: number;
  /** Until one is tried; doubles with each that fails, up to `longest`. */
  readonly open: number;
  readonly longest: number;
  /** Of the upstream's answers, those that are failures. */
  readonly statuses: ReadonlySet<number>;
}

export interface AdminConfig {
  /** undefined: no admin port. */
  readonly listen: Address | undefined;
  /** Empty: no token is asked for, on loopback only. */
  readonly tokens: readonly AdminToken[];
}

export interface AdminToken {
  readonly name: string;
  readonly token: string;
  readonly scopes: readonly ('read' | 'purge')[];
}

export interface MemoryConfig {
  readonly enabled: boolean;
  /** Over bodies, fields, keys and bookkeeping. */
  readonly limit: number;
  /** How often expired responses are cleared. */
  readonly sweep: number;
}

export interface RedisConfig {
  readonly url: string;
  /** First part of every Redis key. */
  readonly namespace: string;
  readonly connectTimeout: number;
  readonly commandTimeout: number;
  /** Larger values stay in memory only. */
  readonly maxValue: number;
  /** Commands in flight beyond which reads miss and writes are dropped. */
  readonly maxInFlight: number;
  /** The Sentinels' own. */
  readonly sentinelPassword: string | undefined;
  /** Authenticates stored values; undefined: a checksum does. */
  /** The first writes; empty: values have a checksum. */
  readonly hmacKeys: readonly string[];
  /** undefined: memory starts empty. */
  readonly warmStart: WarmStartConfig | undefined;
}

export interface WarmStartConfig {
  /** Most stored responses fetched. */
  readonly keys: number;
  /** After this long it is over. */
  readonly within: number;
}

/** Bounds on staleness when replicas cannot hear each other. */
export interface CoherenceConfig {
  /** How long purges may go unheard before each route does as its `beyond-lease` says. */
  readonly lease: number;
  /** Beyond the lease: how long a stored response is trusted since it was fetched or last validated. */
  readonly cap: number;
  /** How long purges stay in the log in Redis. */
  readonly history: number;
  /** Name of this replica; undefined: made from the host's name and the port. */
  readonly replica: string | undefined;
}

/** What clients may do. */
export interface DownstreamConfig {
  readonly headTimeout: number;
  /** Within this long a request body brings `requestProgress` bytes, or its end. */
  readonly requestTimeout: number;
  readonly requestProgress: number;
  readonly keepAlive: number;
  /** A client that reads nothing for this long is closed. */
  readonly stallTimeout: number;
  readonly maxHead: number;
  readonly maxFields: number;
  readonly maxTarget: number;
  readonly maxConnections: number;
  /** At once, of those that memory does not answer. */
  readonly maxRequests: number;
  /** Whether X-Forwarded-* of the client are passed on and extended, or replaced. */
  readonly trustForwarded: boolean;
}

export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** One line per request. */
  readonly access: boolean;
  /** Share of the hits among them. */
  readonly hits: number;
  readonly pretty: boolean;
}
