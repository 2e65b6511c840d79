import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import pino from 'pino';
import type { AdminParts } from '../../src/admin/ports.ts';
import { createAdminServer } from '../../src/admin/server.ts';
import { systemClock } from '../../src/clock.ts';
import type { AuditRecord } from '../../src/observe/audit.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createStats } from '../../src/observe/stats.ts';
import { createUpstreamRecord, upstreamHealth } from '../../src/observe/upstream-health.ts';
import { parseRequestTarget } from '../../src/policy/request-target.ts';
import { createLocalLog } from '../../src/purge/local-log.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import { purgeLevels } from '../../src/purge/purge-levels.ts';
import type { Purge } from '../../src/purge/selector.ts';
import { missed } from '../observe/finished.ts';

export const TOKENS = [
  { name: 'dashboard', token: 'read-me', scopes: ['read'] },
  { name: 'deploy', token: 'purge-me', scopes: ['read', 'purge'] },
] as const;

/** The members of answers that tests name one by one. */
export interface Json {
  readonly status?: unknown;
  readonly detail?: string;
  readonly matched?: unknown;
  readonly purges?: unknown;
  readonly replicas?: unknown;
  readonly order?: unknown;
  readonly position?: unknown;
  readonly repeated?: unknown;
  readonly current?: unknown;
  readonly stored?: unknown;
  readonly failed?: unknown;
  readonly failures?: readonly unknown[];
  readonly problems?: unknown;
  readonly cache?: { readonly status: unknown };
  readonly redis?: { readonly status: unknown };
}

/** One parsed line of the log. */
export interface LogLine {
  readonly msg: string;
  readonly status?: unknown;
  readonly audit?: AuditRecord;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Empty where the answer is no JSON. */
  readonly json: Json;
}

export interface Call {
  readonly token?: string;
  readonly headers?: Record<string, string | string[]>;
  /** Sent as JSON, or as it is when it is text or bytes. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Running {
  readonly port: number;
  /** Everything that was appended to the purge log, but for whose order it was. */
  readonly appended: Purge[];
  /** Log lines, parsed. */
  readonly log: LogLine[];
  call(method: string, path: string, call?: Call): Promise<Answer>;
}

/** Parts over a real purge log, index, stats and metrics, but for what is given. */
export function partsFor(
  given: Partial<AdminParts> = {},
  without: readonly 'matching'[] = [],
): { parts: AdminParts; appended: Purge[]; log: LogLine[] } {
  const log: LogLine[] = [];
  const appended: Purge[] = [];
  const purgeLog = createLocalLog(createPurgeIndex(), { name: () => 'local', clock: systemClock });
  const stats = createStats(['product', 'list'], systemClock);
  const upstream = createUpstreamRecord(systemClock);
  const heard = { lag: { count: 0, p50: null, p99: null, max: null }, replicas: { known: 1, silent: 0 } };
  const purges = () => ({ ...purgeLevels(purgeLog, 5_000, systemClock), ...heard });
  const parts: AdminParts = {
    tokens: TOKENS,
    clock: systemClock,
    log: pino({ level: 'info' }, { write: (line) => log.push(JSON.parse(line)) }),
    purges: {
      append(taken) {
        appended.push(...taken.map(({ selector, soft }) => ({ selector, soft })));
        return purgeLog.append(taken);
      },
      ledger: purgeLog.ledger,
    },
    ...(without.includes('matching') ? {} : { matching: () => 3 }),
    storedTargets(target) {
      const parsed = parseRequestTarget(target);
      if (parsed === undefined) return [];
      return [parsed.query === '' ? parsed.path : `${parsed.path}?${parsed.query}`];
    },
    routeNames: () => ['product', 'list'],
    figures: () => ({
      stats: {
        ...stats.snapshot(),
        memory: null,
        redis: null,
        admission: undefined,
        upstream: upstreamHealth(upstream.raw()),
        purges: purges(),
      },
      raw: stats.raw(),
    }),
    explain: async () => undefined,
    keys: () => ({ since: 0, hottest: [], missed: [] }),
    metrics: createMetrics({
      routeNames: ['product', 'list'],
      memory: () => undefined,
      redis: () => undefined,
      purges,
    }),
    readiness: () => ({
      ready: true,
      draining: false,
      cache: { responses: 1, bytes: 2, limit: 3 },
      redis: 'ready',
      purges: { trusted: true, beyondLease: false },
    }),
    warm: async () => missed(),
    reload: async () => {},
    config: () => ({ upstream: { origin: 'http://127.0.0.1:3000' }, redis: '[masked]' }),
    ...given,
  };
  return { parts, appended, log };
}

/** An admin server, on loopback unless told otherwise; closed when the test ends. */
export async function running(
  t: { teardown(fn: () => unknown): unknown },
  given: Partial<AdminParts> = {},
  address = { host: '127.0.0.1', port: 0 },
  without: readonly 'matching'[] = [],
): Promise<Running> {
  const { parts, appended, log } = partsFor(given, without);
  const server = createAdminServer(parts);
  const { port } = await server.listen(address);
  t.teardown(() => server.close());
  return { port, appended, log, call: (method, path, call = {}) => send(port, method, path, call) };
}

function send(port: number, method: string, path: string, call: Call): Promise<Answer> {
  const { token, headers, body, signal } = call;
  const payload =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
        const json: Json = isJson ? JSON.parse(text) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    request.end(payload);
  });
}
