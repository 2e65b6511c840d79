import { z } from 'zod';
import { checkAdmin } from './admin-check.ts';
import { scope, token } from './field.ts';
import { type Parsed, shown } from './parsed.ts';
import {
  address,
  count,
  duration,
  list,
  scalar,
  section,
  size,
  text,
  timeout,
  upstreamUrl,
  word,
  yesNo,
} from './scalar.ts';
import { defaultsSchema, routeSchema } from './schema-route.ts';
import { parseSize, SIZE } from './size.ts';
import { parseRedisUrl } from './url.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const ADDRESS_EXAMPLES = ['127.0.0.1:8080', ':8080'];

/** A key that holds `written` where it is not given. */
function key<T extends z.ZodType>(schema: T, description: string, written: z.input<T>) {
  return z.prefault(schema, written).meta({ description });
}

function optional<T extends z.ZodType>(schema: T, description: string) {
  return schema.optional().meta({ description });
}

/** `off`, or what `parse` makes of the text. */
function orOff<T>(parse: (text: string) => Parsed<T>, hints: { pattern?: string; examples: string[] }) {
  return scalar((value): Parsed<T | 'off'> => (value === 'off' ? { value: 'off' } : parse(value)), hints);
}

const secret = scalar((value): Parsed<string> => {
  if (value === '') return { problem: 'is empty – give it a value, or remove it' };
  if (!/^[\x21-\x7e]+$/.test(value))
    return { problem: 'a token has no spaces and is ASCII – choose another' };
  return { value };
});

const hmacKey = scalar(
  (value): Parsed<string> =>
    value.length >= 16 ? { value } : { problem: 'is too short to be a secret – use 16 characters or more' },
);

/** Field values, logs and JSON show it as it is. */
function parseReplica(value: string): Parsed<string> {
  return /^[A-Za-z0-9._:-]{1,64}$/.test(value)
    ? { value }
    : {
        problem: `${shown(value)} is not a name – use up to 64 letters, digits, \`.\`, \`_\`, \`:\` and \`-\``,
      };
}

const warmStart = z.union(
  [
    yesNo,
    section({
      keys: key(count(1, 100_000), 'Most responses fetched.', 1000),
      within: key(timeout, 'After this long it is ready all the same.', '5s'),
    }),
  ],
  { error: 'expected true, false, or keys and values – write `warm-start: {keys: 1000, within: 5s}`' },
);

const namespace = scalar(
  (value): Parsed<string> =>
    /^[A-Za-z0-9._:-]{1,64}$/.test(value)
      ? { value }
      : {
          problem: `${shown(value)} is not a namespace – use up to 64 letters, digits, \`.\`, \`_\`, \`:\` and \`-\``,
        },
  { examples: ['cacheside'] },
);

const upstream = z.union(
  [
    upstreamUrl,
    section({
      url: upstreamUrl.meta({ description: 'Scheme, host and port of the upstream; http or https.' }),
      host: key(
        word(['preserve', 'upstream']),
        "Which Host the upstream sees: the client's, or its own.",
        'preserve',
      ),
      connections: key(count(1, 65_536), 'Most connections to the upstream.', 128),
      'connect-timeout': key(timeout, 'For a connection, TLS included.', '2s'),
      'head-timeout': key(timeout, 'From the request sent to the response head received.', '10s'),
      'idle-timeout': key(timeout, 'Longest silence inside a body.', '10s'),
      timeout: key(
        timeout,
        'Over an exchange until its head, and over background work and recorded bodies as a whole.',
        '30s',
      ),
      'keep-alive': key(timeout, "How long an unused connection is kept; below the upstream's own.", '4s'),
      tls: key(
        section({
          ca: optional(text, 'PEM file of additional authorities, relative to the configuration file.'),
          verify: key(yesNo, '`false` accepts any certificate.', true),
        }),
        'How an https upstream is trusted.',
        {},
      ),
    }),
  ],
  { error: 'expected a URL or keys and values – write `upstream: http://127.0.0.1:3000`' },
);

const admin = z.union(
  [
    orOff(
      (value) =>
        ({
          problem: `${shown(value)} is not understood here – write \`off\`, or \`{listen: 127.0.0.1:9090}\``,
        }) as Parsed<'off'>,
      {
        pattern: '^off$',
        examples: ['off'],
      },
    ),
    section({
      listen: key(
        address,
        'Where the admin port listens. Beyond loopback it needs a token.',
        '127.0.0.1:9090',
      ),
      token: optional(secret, 'One bearer token that may do everything.'),
      tokens: optional(
        list(
          section({
            name: token.meta({ description: 'Who it is, in logs and purge history.' }),
            token: secret.meta({ description: 'The bearer token.' }),
            scopes: key(list(scope), 'What it may do.', ['read', 'purge']),
          }),
        ),
        'Several bearer tokens, each with a name and scopes.',
      ),
    }).superRefine(checkAdmin, { when: () => true }),
  ],
  { error: 'expected `off` or keys and values – write `admin: {listen: 127.0.0.1:9090}`' },
);

const memory = z.union(
  [
    orOff((value) => parseSize(value), { pattern: `^off$|${SIZE.source}`, examples: ['256MiB', 'off'] }),
    section({
      limit: key(size('1MiB', '1024GiB'), 'Over bodies, fields, keys and bookkeeping.', '256MiB'),
      sweep: key(duration('100ms', '1d'), 'How often expired responses are cleared.', '10s'),
    }),
  ],
  { error: 'expected a size, `off`, or keys and values – write `memory: 256MiB`' },
);

const redis = z.union(
  [
    orOff(parseRedisUrl, { examples: ['off', 'redis://127.0.0.1:6379'] }),
    section({
      url: orOff(parseRedisUrl, {
        examples: [
          'redis://127.0.0.1:6379',
          'rediss://user:password@redis.example.org:6380/0',
          'redis-sentinel://10.0.0.1:26379,10.0.0.2:26379/shop',
          'redis-cluster://10.0.0.1:7000,10.0.0.2:7000',
          'off',
        ],
      }).meta({
        description:
          '`redis://[user:password@]host[:port][/database]`, `redis-sentinel://[user:password@]host[:port],…/MASTER[/database]` or `redis-cluster://[user:password@]host[:port],…`; `rediss` instead of `redis` for TLS, and `valkey` or `valkeys` likewise; `off`: no Redis tier.',
      }),
      namespace: key(
        namespace,
        'First part of every Redis key. Services that share a Redis need one each: the key of a response names its host, not the service behind it.',
        'cacheside',
      ),
      'connect-timeout': key(timeout, 'For a connection.', '1s'),
      'command-timeout': key(
        timeout,
        'For one command; after it the request goes on without Redis.',
        '250ms',
      ),
      'max-value': key(size('1KiB', '512MiB'), 'Larger values stay in memory only.', '1MiB'),
      'max-in-flight': key(
        count(1, 1_000_000),
        'Commands in flight beyond which reads miss and writes are dropped.',
        1000,
      ),
      'sentinel-password': optional(
        text,
        "The Sentinels' own password; the one in the URL is that of the Redis behind them.",
      ),
      'hmac-key': optional(
        hmacKey,
        'Authenticates stored values where Redis is shared with others: what was not written with this key is a miss.',
      ),
      'warm-start': key(
        warmStart,
        'Whether the most used responses are fetched into memory at start, before `/readyz` says ready: true, false, or a section.',
        false,
      ),
    }),
  ],
  { error: 'expected a URL, `off`, or keys and values – write `redis: redis://127.0.0.1:6379`' },
);

const clients = section({
  'head-timeout': key(timeout, 'For a request head to arrive.', '10s'),
  'request-timeout': key(timeout, 'Longest silence inside a request body.', '30s'),
  'keep-alive': key(timeout, 'How long an unused client connection is kept.', '5s'),
  'stall-timeout': key(timeout, 'A client that reads nothing for this long is closed.', '60s'),
  'max-head': key(size('1KiB', '1MiB'), 'Largest request head.', '16KiB'),
  'max-fields': key(count(1, 900), 'Most lines in a request head.', 100),
  'max-target': key(size('64B', '1MiB'), 'Longest path and query.', '8KiB'),
  'max-connections': key(count(1, 1_000_000), 'Most client connections at once.', 10_000),
  'trust-forwarded': key(
    yesNo,
    "Whether the client's X-Forwarded-* fields are passed on and extended, or replaced.",
    false,
  ),
});

/** Every section of the file, in the order of the reference. */
export const configSchema = section({
  listen: key(
    address.meta({ examples: ADDRESS_EXAMPLES }),
    'Where clients connect; `:8080` is every interface, port 0 any free one.',
    '127.0.0.1:8080',
  ),
  upstream: upstream.meta({ description: 'The service behind: its URL, or a section.' }),
  admin: key(admin, 'The admin port: `off`, or a section.', {}),
  memory: key(memory, 'The memory tier: `off`, its limit, or a section.', {}),
  redis: key(redis, 'The Redis tier: `off`, a URL, or a section.', 'off'),
  clients: key(clients, 'What clients may do.', {}),
  log: key(
    section({
      level: key(word(LOG_LEVELS), 'The least that is logged.', 'info'),
      access: key(yesNo, 'One line per request.', true),
      pretty: key(yesNo, 'Lines for people instead of JSON.', false),
    }),
    'The log, on standard output.',
    {},
  ),
  'drain-timeout': key(duration('0s', '1d'), 'How long a stop waits for requests under way.', '30s'),
  coherence: key(
    section({
      lease: key(
        duration('100ms', '1h'),
        'How long a sidecar that cannot hear of purges goes on as if there were none. Beyond it, each route does as its `beyond-lease` says.',
        '5s',
      ),
      cap: key(
        duration('0s', '1d'),
        'Beyond the lease: how long a stored response is trusted since it was fetched or last validated.',
        '30s',
      ),
      history: key(
        duration('1m', '3650d'),
        'How long purges stay in the log, of which Redis keeps about the last 100,000 at most. A sidecar that starts takes what was stored before the oldest of them for purged: more than the longest lifetime leaves nothing to take.',
        '7d',
      ),
      replica: optional(
        scalar(parseReplica, { examples: ['shop-7f9c'] }),
        'Name of this replica in receipts and purge history. Without it, the name of the host and the port.',
      ),
    }),
    'Bounds on staleness when replicas cannot hear each other.',
    {},
  ),
  workers: key(
    z.union([count(1, 1024), word(['auto'])], { error: 'expected a number of processes, or `auto`' }),
    'Processes that share the port, the memory limit and one purge log; `auto`: one a core.',
    1,
  ),
  'fast-door': key(
    yesNo,
    "Whether plain GET and HEAD requests are read by a reader of our own; all others are node:http's.",
    true,
  ),
  defaults: key(
    defaultsSchema,
    'Settings that every route inherits. A route wins; the keys of `key`, `request-fields`, `response`, `vary` and `unsafe` are inherited one by one.',
    {},
  ),
  routes: optional(
    list(routeSchema),
    'Tried in order; the first match wins. What no route matches is forwarded and not stored. Without `routes`, one route named `default` takes everything and the upstream decides what is stored.',
  ),
});

/** The sections as they were decoded; one with a problem is left out. */
export type Sections = Partial<z.output<typeof configSchema>>;
