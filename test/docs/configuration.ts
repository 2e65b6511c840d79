import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from './page.ts';

const FILE = 'page.yaml';
const CERTIFICATE = readFileSync(join(ROOT, 'test/fixtures/tls/cert.pem'), 'utf8');

/** Fragments of a configuration leave out what every one has. */
export function completed(yaml: string, upstream = 'http://127.0.0.1:3000'): string {
  return /^upstream:/m.test(yaml) ? yaml : `${yaml}\nupstream: ${upstream}\n`;
}

/**
 * Loads a block of a page. Its variables have a value, and the files that it names are certificates.
 * @throws ConfigError with all that is wrong
 */
export function loadBlock(yaml: string): Config {
  const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
  const env = Object.fromEntries(names.map((name) => [name, variableValue(name)]));
  const readFile = (path: string) => (path === FILE ? completed(yaml) : CERTIFICATE);
  return loadConfig({ file: FILE, flags: {}, env, readFile });
}

function variableValue(name: string): string {
  if (/REDIS/.test(name)) return 'redis://127.0.0.1:6379';
  return /URL|UPSTREAM/.test(name) ? 'http://127.0.0.1:3000' : `a-secret-of-32-characters-or-more-${name}`;
}
