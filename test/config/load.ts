import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Flags } from '../../src/config/override.ts';
import { ConfigError, type Problem } from '../../src/config/problems.ts';

/** A file that exists in this test alone, on top of flags and environment. */
export interface Source {
  readonly yaml?: string;
  readonly flags?: Flags;
  readonly env?: Readonly<Record<string, string>>;
}

/** The configuration of `proxy.yaml` with this text. */
export function load({ yaml, flags = {}, env = {} }: Source): Config {
  if (yaml === undefined) return loadConfig({ flags, env });
  return loadConfig({
    file: 'proxy.yaml',
    flags,
    env,
    readFile(path) {
      if (path === 'proxy.yaml') return yaml;
      throw Object.assign(new Error('absent'), { code: 'ENOENT' });
    },
  });
}

/** What loading it complains about; empty where it loads. */
export function problemsOf(source: Source): readonly Problem[] {
  try {
    load(source);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** A file with one upstream and these lines of routes. */
export function routes(...lines: string[]): string {
  return ['upstream: http://127.0.0.1:3000', 'routes:', ...lines.map((line) => `  ${line}`)].join('\n');
}
