import { isIP } from 'node:net';

/** Where Redis is, as its URL says. */
export interface RedisEndpoint {
  /** One server, a master that Sentinels name, or a Cluster. */
  readonly kind: 'server' | 'sentinel' | 'cluster';
  /** One for a server; Sentinels, or some nodes of a Cluster: at least one. */
  readonly hosts: readonly RedisHost[];
  /** What the Sentinels call the master; empty for the other kinds. */
  readonly master: string;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
}

export interface RedisHost {
  /** Without brackets, also for IPv6. */
  readonly host: string;
  readonly port: number;
}

const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)(?:\/([^?#]*))?([?#].*)?$/is;
const SCHEME = /^(?:redis|valkey)(s?)(?:-(sentinel|cluster))?$/;
const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9_.-]*)))(?::(\d{1,5}))?$/i;
/** What a Sentinel allows in the name of a master. */
const MASTER = /^[\w.-]+$/;

/**
 * Reads `redis://[user:password@]host[:port][/db]`, `redis-sentinel://[…@]host[:port],…/MASTER[/db]` or
 * `redis-cluster://[…@]host[:port],…`; `rediss…` over TLS, `valkey…` and `valkeys…` mean the same.
 * A problem never repeats more of it than its scheme: it may hold a password.
 */
export function readRedisUrl(text: string): { readonly value: RedisEndpoint } | { readonly problem: string } {
  const [, scheme = '', user, authority = '', path = '', rest] = /\s/.test(text)
    ? []
    : (PARTS.exec(text) ?? []);
  if (scheme === '') return { problem: 'not a URL – write `redis://127.0.0.1:6379`, or `off`' };
  const [, secure, several] = SCHEME.exec(scheme.toLowerCase()) ?? [];
  if (secure === undefined) {
    return {
      problem: `the scheme \`${scheme.slice(0, 60)}\` is not Redis's – use redis, redis-sentinel or redis-cluster; rediss and so on for TLS`,
    };
  }
  const kind = several === 'sentinel' || several === 'cluster' ? several : 'server';
  if (rest !== undefined) {
    return { problem: 'the Redis URL has a query or fragment – use the keys of `redis:` instead' };
  }
  const hosts = readHosts(authority, kind);
  if (typeof hosts === 'string') return { problem: hosts };
  const target = readPath(path, kind);
  if (typeof target === 'string') return { problem: target };
  if (kind !== 'server' && user?.includes('@')) {
    return {
      problem: "the Redis URL's user and password stand once, before all hosts – write an `@` in them `%40`",
    };
  }
  const credentials = readCredentials(user);
  if (credentials === undefined) {
    return { problem: "the Redis URL's user or password has a `%` that encodes nothing – write `%25`" };
  }
  return { value: { kind, hosts, ...target, ...credentials, tls: secure === 's' } };
}

/** Or what is wrong. */
function readHosts(authority: string, kind: RedisEndpoint['kind']): RedisHost[] | string {
  if (authority === '') return 'the Redis URL names no host – write `redis://127.0.0.1:6379`';
  const names = authority.split(',');
  if (kind === 'server' && names.length > 1) {
    return 'the Redis URL names several hosts – write `redis-sentinel://` or `redis-cluster://`';
  }
  const hosts: RedisHost[] = [];
  for (const name of names) {
    const [, bracketed, plain, digits] = HOST.exec(name) ?? [];
    const host = bracketed ?? plain;
    const port = Number(digits ?? (kind === 'sentinel' ? 26_379 : 6_379));
    if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) {
      return 'the Redis URL has a host that is none – write `host:port`, and IPv6 as `[::1]:6379`';
    }
    if (port < 1 || port > 65_535) return 'the Redis URL has a port outside of 1 to 65535';
    hosts.push({ host, port });
  }
  return hosts;
}

function readPath(path: string, kind: RedisEndpoint['kind']): { master: string; db: number } | string {
  const [master, digits] = kind === 'sentinel' ? path.split(/\/(.*)/s) : ['', path];
  if (master === undefined || (kind === 'sentinel' && !MASTER.test(master))) {
    return 'the Redis URL names no master – write `redis-sentinel://host:26379/MASTER`, as the Sentinels call it';
  }
  if (!/^\d{0,4}$/.test(digits ?? '')) return 'the Redis database is not a number – write for instance `/0`';
  const db = Number(digits ?? 0);
  if (kind === 'cluster' && db !== 0) return 'a Redis Cluster has database 0 alone – leave the number out';
  return { master, db };
}

function readCredentials(user = ''): Pick<RedisEndpoint, 'username' | 'password'> | undefined {
  const [name = '', secret = ''] = user.split(/:(.*)/s);
  try {
    return {
      username: name === '' ? undefined : decodeURIComponent(name),
      password: secret === '' ? undefined : decodeURIComponent(secret),
    };
  } catch {
    return undefined;
  }
}
