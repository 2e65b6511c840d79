import type { Proposal } from '../traffic/proposal.ts';
import { countOf, formatCount } from './amounts.ts';
import type { Expected } from './init-log.ts';
import { routeLines } from './init-routes.ts';
import { hasPassword, type InitSettings } from './init-settings.ts';
import { visibleText } from './visible-text.ts';
import { comment, scalar } from './yaml-scalar.ts';

/** Routes that a log proposes, and what they are expected to come to once that is known. */
export interface Proposed {
  readonly proposal: Proposal;
  readonly logs: readonly string[];
  readonly expected: Expected | undefined;
}

const VARIABLE = '$' + '{NAME:-default}';
const REDIS = '$' + '{REDIS_URL}';

/** The text of a configuration that a person goes on with. `file`: what it will be called. */
export function initText(settings: InitSettings, file: string, proposed?: Proposed): string {
  const { upstream, listen, adminListen, adminToken, redis, memory, ttl } = settings;
  const name = scalar(file);
  const lines = [
    `# Cacheside in front of ${visibleText(upstream)}, begun by \`cacheside init\`.`,
    `#   cacheside check ${name}      what is wrong with it, or its routes in order`,
    `#   cacheside -c ${name}         run it`,
    `# Every key is described in docs/configuration.md. \`${VARIABLE}\` takes a text from the environment.`,
    '',
    '# Where clients connect; `:8080` is every interface.',
    `listen: ${scalar(listen)}`,
    '',
    '# The service behind.',
    'upstream:',
    `  url: ${scalar(upstream)}`,
    '  # timeout: 30s                  # over an exchange; see also connect-timeout and head-timeout',
    '',
    '# Purges, figures, health, metrics and the dashboard. Beyond loopback a token is required.',
    'admin:',
    `  listen: ${scalar(adminListen)}`,
    `  ${adminToken ? '' : '# '}token: \${CACHESIDE_ADMIN_TOKEN}`,
    '',
    '# What is kept in this process. `cacheside simulate` shows what a log needs.',
    'memory:',
    `  limit: ${memory}`,
    '',
    '# What replicas share, and what survives a restart. Requests are answered without it, too.',
    redisLine(redis),
    '',
    '# Every route inherits these; what a route says itself wins.',
    'defaults:',
    '  stale-while-revalidate: 30s     # served while it is renewed in the background',
    '  stale-if-error: 10m             # served while the upstream fails',
    ...(ttl === undefined || proposed === undefined
      ? []
      : [`  ttl: ${ttl.padEnd(24)}    # where neither the upstream nor the route states any freshness`]),
    '',
    ...(proposed === undefined ? routesByHand(ttl) : routesOfLog(proposed)),
  ];
  return `${lines.join('\n')}\n`;
}

function redisLine(redis: string | undefined): string {
  if (redis === undefined || redis === 'off') return '# redis: redis://127.0.0.1:6379';
  return hasPassword(redis) ? `redis: ${REDIS}               # it has a password` : `redis: ${scalar(redis)}`;
}

const EXAMPLE = [
  '  # - name: product',
  '  #   match: /products/:id',
  '  #   ttl: 5m                       # where the upstream states no freshness',
  '  #   status-ttl: { 404: 10s }',
  "  #   tags: ['product-{id}']        # what a purge names",
  "  #   purge: ['product-{id}', products]   # what a PUT, POST or DELETE here makes invalid",
];

function routesByHand(ttl: string | undefined): string[] {
  if (ttl === undefined)
    return [
      "# Without routes the upstream's own Cache-Control decides, as RFC 9111 has it. Routes are tried in order; the first match",
      '# wins, and what none matches is forwarded and not stored. `cacheside init --from-access-log` proposes some.',
      '# routes:',
      ...EXAMPLE,
    ];
  return [
    '# Tried in order; the first match wins. What none matches is forwarded and not stored.',
    'routes:',
    ...EXAMPLE,
    '',
    '  # How the service is now; never stored.',
    '  - name: health',
    '    match: /health',
    '    cache: false',
    '',
    `  # All else. Requests with cookies, Authorization or unknown fields pass by the cache until a route says more of them.`,
    '  - name: all',
    '    match: /*',
    `    ttl: ${scalar(ttl)}                        # where the upstream states no freshness`,
  ];
}

function routesOfLog({ proposal, logs, expected }: Proposed): string[] {
  const { routes, left, requests, others } = proposal;
  const covered = requests - others;
  const lines = [
    ...comment(
      `Proposed from ${countOf(requests, 'request')} of ${logs.join(', ')}. A log tells what was asked for, how often and with which status. It does not tell who may see an answer, nor how stale it may be: read each route before you use it. Each ttl is the shortest that spares the upstream nearly as much as an hour would, and no longer than answers seemed to stay the same.`,
    ),
    ...comment('Tried in order; the first match wins. What none matches is forwarded and not stored.'),
    ...(expected?.total === undefined
      ? []
      : comment(`Expected by \`cacheside simulate\`, from an empty cache: ${expected.total}.`)),
  ];
  if (routes.length === 0)
    return [...lines, ...comment('Nothing in it was worth a route.'), '# routes:', ...EXAMPLE];
  const rest =
    others === 0
      ? []
      : comment(
          `${formatCount(others)} of ${formatCount(covered + others)} requests match no route${left.length === 0 ? '.' : ':'}`,
          '  ',
        );
  const named = left
    .slice(0, 20)
    .map(({ pattern, requests: count, why }) => `${pattern} (${formatCount(count)}): ${why}`);
  return [
    ...lines,
    'routes:',
    ...routes.flatMap((route, i) => [
      ...(i === 0 ? [] : ['']),
      ...routeLines(route, expected?.routes.get(route.name)),
    ]),
    ...(rest.length === 0 ? [] : ['', ...rest, ...named.flatMap((one) => comment(`  ${one}`, '  '))]),
  ];
}
