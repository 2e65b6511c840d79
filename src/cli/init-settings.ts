import { isLoopback } from '../address.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import type { Flags } from '../config/override.ts';
import { ConfigError } from '../config/problems.ts';
import { readRedisUrl } from '../redis-url.ts';

/** What a configuration begins with, each as it is written there; undefined: not asked for. */
export interface InitSettings {
  readonly upstream: string;
  readonly listen: string;
  readonly adminListen: string;
  /** Whether the admin port asks for a token. */
  readonly adminToken: boolean;
  readonly redis: string | undefined;
  readonly ttl: string | undefined;
  readonly memory: string;
}

export const USUAL: Omit<InitSettings, 'upstream'> = {
  listen: '127.0.0.1:8080',
  adminListen: '127.0.0.1:9090',
  adminToken: false,
  redis: undefined,
  ttl: undefined,
  memory: '256MiB',
};

/** Stands in where only the form of a file is checked. */
const SOME_TOKEN = 'a-token-that-is-long-enough';

/** Throws a ConfigError that names the flags. */
export function checkSettings({ upstream, listen, adminListen, redis, ttl, memory }: InitSettings): Config {
  const flags: Flags = { upstream, listen, adminListen, redis, ttl, memory };
  return loadConfig({ flags, env: { CACHESIDE_ADMIN_TOKEN: SOME_TOKEN } });
}

/** What is wrong with the value of one flag; undefined: nothing. */
export function problemOf(flag: keyof Flags, value: string): string | undefined {
  try {
    loadConfig({
      flags: { upstream: 'http://127.0.0.1:1', [flag]: value },
      env: { CACHESIDE_ADMIN_TOKEN: SOME_TOKEN },
    });
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0]?.message ?? error.message;
    throw error;
  }
}

/** Reads a text that was just made, as `check` would read it with its variables set. Throws a ConfigError. */
export function checkText(text: string, file: string): Config {
  const env = { CACHESIDE_ADMIN_TOKEN: SOME_TOKEN, REDIS_URL: 'redis://127.0.0.1:6379' };
  return loadConfig({ file, flags: {}, env, readFile: () => text });
}

/** Beyond loopback nobody may purge without a token. */
export function needsToken({ admin: { listen } }: Config): boolean {
  return listen !== undefined && !isLoopback(listen.host);
}

/** Whether the URL of Redis is better not written into a file. */
export function hasPassword(redis: string): boolean {
  const read = readRedisUrl(redis);
  return 'value' in read && read.value.password !== undefined;
}
