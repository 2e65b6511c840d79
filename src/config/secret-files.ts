import type { Environment } from './interpolation.ts';
import type { Parsed } from './parsed.ts';

const NAMES_A_FILE = /^(CACHESIDE_[A-Z0-9_]+|REDIS_URL)_FILE$/;

/** A variable that was to be read from a file, and what is wrong with that. */
export interface SecretProblem {
  readonly source: string;
  readonly message: string;
}

/**
 * The environment, and in it the text of files that variables such as CACHESIDE_ADMIN_TOKEN_FILE name, without the end of their
 * last line: what containers are given as secrets and systemd as credentials never stands in an environment. `read` gives a
 * file, or says why not.
 */
export function readSecretFiles(
  env: Environment,
  read: (path: string) => Parsed<string>,
): { readonly env: Environment; readonly problems: readonly SecretProblem[] } {
  const problems: SecretProblem[] = [];
  const found: Record<string, string> = {};
  for (const [source, path] of Object.entries(env)) {
    const name = NAMES_A_FILE.exec(source)?.[1];
    if (name === undefined || path === undefined || path === '') continue;
    if (name === 'CACHESIDE_CONFIG') {
      problems.push({
        source,
        message: 'is the file of a secret – the configuration is named in CACHESIDE_CONFIG',
      });
      continue;
    }
    if (env[name] !== undefined && env[name] !== '') {
      problems.push({ source, message: `${name} is set as well – keep one of them` });
      continue;
    }
    const text = read(path);
    if ('problem' in text) problems.push({ source, message: text.problem });
    else if (text.value.trim() === '')
      // Taken as unset it would open the admin port, or leave Redis out.
      problems.push({
        source,
        message: `${path} holds nothing – write the secret into it, or unset ${source}`,
      });
    else found[name] = text.value.replace(/\r?\n$/, '');
  }
  return { env: Object.keys(found).length === 0 ? env : { ...env, ...found }, problems };
}
