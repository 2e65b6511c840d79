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
  shareOrAll,
  size,
  text,
  timeout,
  upstreamUrl,
  word,
  yesNo,
} from './scalar.ts';
import { breaker } from './schema-breaker.ts';
import { coherence } from './schema-coherence.ts';
import { redis } from './schema-redis.ts';
import { defaultsSchema, routeSchema } from './schema-route.ts';
import { key, optional, orOff } from './setting.ts';
import { parseSize, SIZE } from './size.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const ADDRESS_EXAMPLES = ['127.0.0.1:8080', ':8080'];

const secret = scalar((value): Parsed<string> => {
  if (value === '') return { problem: 'is empty – give it a value, or remove it' };
  if (!/^[\x21-\x7e]+$/.test(value))
    return { problem: 'a token has no spaces and is ASCII – choose another' };
  return { value };
});

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
      queue: key(
        count(0, 1_000_000),
        'Requests that may wait for one of the connections; more are answered 503.',
        4096,
      ),
      breaker: key(breaker, 'When the upstream is not asked any more: `off`, or a section.', {}),
      'connect-timeout': key(timeout, 'For a connection, TLS included.', '2s'),
      'head-timeout': key(timeout, 'From the request sent to the response head received.', '10s'),
      'idle-timeout': key(
        timeout,
        'Longest silence inside a body, streams of events among them, and in a tunnel whose client has ended its side.',
        '10s',
      ),
      timeout: key(
        timeout,
        'Over an exchange until its head, and over background work and recorded bodies as a whole.',
        '30s',
      ),
      'keep-alive': key(timeout, "How long an unused connection is kept; below the upstream's own.", '4s'),
      'fast-reader': key(
        yesNo,
        "Whether plain answers of an http upstream to GET and HEAD requests are read by Cacheside's own reader; all others by undici.",
        true,
      ),
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

const clients = section({
  'head-timeout': key(timeout, 'For a request head to arrive.', '10s'),
  'request-timeout': key(
    timeout,
    'Within this time a request body must bring `request-progress`, or its end.',
    '30s',
  ),
  'request-progress': key(
    size('1B', '1MiB'),
    'What keeps an upload open: less than this within `request-timeout` is answered 408, unless the upstream takes no more.',
    '1KiB',
  ),
  'keep-alive': key(timeout, 'How long an unused client connection is kept.', '5s'),
  'stall-timeout': key(timeout, 'A client that reads nothing for this long is closed.', '60s'),
  'max-head': key(size('1KiB', '1MiB'), 'Largest request head.', '16KiB'),
  'max-fields': key(count(1, 900), 'Most lines in a request head.', 100),
  'max-target': key(size('64B', '1MiB'), 'Longest path and query.', '8KiB'),
  'max-connections': key(count(1, 1_000_000), 'Most client connections at once.', 10_000),
  'max-requests': key(
    count(1, 1_000_000),
    'Most requests at once that memory does not answer; more are answered 503.',
    10_000,
  ),
  'trust-forwarded': key(
    yesNo,
    "Whether the client's X-Forwarded-For, -Host and -Proto are passed on, the first extended, or replaced. Where they are, another host or scheme than the request's own is part of the key.",
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
      hits: key(
        shareOrAll,
        'Share of the hits that get a line; every other request gets one. `off`: none of them.',
        'all',
      ),
      pretty: key(yesNo, 'Lines for people instead of JSON.', false),
    }),
    'The log, on standard output.',
    {},
  ),
  'drain-delay': key(
    duration('0s', '1d'),
    'How long a stop goes on taking connections, while `/readyz` already answers 503.',
    '0s',
  ),
  'drain-timeout': key(duration('0s', '1d'), 'How long a stop then waits for requests under way.', '30s'),
  coherence: key(coherence, 'Bounds on staleness when replicas cannot hear each other.', {}),
  workers: key(
    z.union([count(1, 1024), word(['auto'])], { error: 'expected a number of processes, or `auto`' }),
    'Processes that share the port, the memory limit and one purge log; `auto`: one a core.',
    1,
  ),
  'fast-door': key(
    yesNo,
    "Whether plain GET and HEAD requests are read by Cacheside's own reader; all others by node:http.",
    true,
  ),
  tracing: key(
    yesNo,
    'Whether requests leave spans by OpenTelemetry, whose API and SDK are to be installed beside Cacheside; without it the fields of a trace are passed on as they came.',
    false,
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
