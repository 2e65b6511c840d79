import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parseDuration } from '../config/duration.ts';
import type { Environment } from '../config/interpolation.ts';
import type { AdminAccess, AdminClient } from './admin-client.ts';
import { CommandError } from './command-error.ts';
import type { Terminal } from './terminal.ts';

/** What every command says that asks a running sidecar. */
export interface AdminOptions {
  readonly admin?: string;
  readonly tokenFile?: string;
  readonly timeout?: string;
  readonly json?: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:9090';
/** ms. */
const DEFAULT_TIMEOUT = 10_000;

/** Adds the options to a command. */
export function adminOptions(command: Command): Command {
  return command
    .showHelpAfterError(`(cacheside ${command.name()} --help shows all)`)
    .option('--admin <url>', `the admin port (CACHESIDE_ADMIN; by itself ${DEFAULT_URL})`)
    .option('--token-file <file>', 'the file with the token; or the token in CACHESIDE_TOKEN')
    .option('--timeout <duration>', 'how long to wait for an answer (10s)')
    .option('--json', 'print the JSON of the admin port, for scripts');
}

/** A client as the options and the environment say. Throws a CommandError that exits with 2. */
export async function adminClient(options: AdminOptions, { env }: Terminal): Promise<AdminClient> {
  const access = adminAccess(options, env);
  const { createAdminClient } = await import('./admin-client.ts');
  return createAdminClient(access);
}

function adminAccess({ admin, tokenFile, timeout }: AdminOptions, env: Environment): AdminAccess {
  const [url, source] =
    admin === undefined ? [env['CACHESIDE_ADMIN'], 'CACHESIDE_ADMIN'] : [admin, '--admin'];
  return {
    url: parseAdminUrl(url === undefined || url === '' ? DEFAULT_URL : url, source),
    token:
      tokenFile === undefined ? tokenOf(env['CACHESIDE_TOKEN'], 'CACHESIDE_TOKEN') : readToken(tokenFile),
    timeout: timeout === undefined ? DEFAULT_TIMEOUT : duration(timeout, '--timeout'),
  };
}

/** A duration of more than nothing, ms. Throws a CommandError that names the option. */
export function duration(text: string, option: string): number {
  const parsed = parseDuration(text);
  if ('problem' in parsed) throw new CommandError(`${option}: ${parsed.problem}`, 2);
  if (parsed.value === 0) throw new CommandError(`${option}: it must be more than 0`, 2);
  return parsed.value;
}

/** A whole number from 1 on. Throws a CommandError that names the option. */
export function wholeNumber(text: string, option: string, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most)
    throw new CommandError(`${option}: it must be a whole number from 1 to ${most}`, 2);
  return value;
}

/** Also `host:port` and `:port`, as they stand in the configuration. */
function parseAdminUrl(text: string, source: string): URL {
  const whole = /^[a-z]+:\/\//i.test(text)
    ? text
    : `http://${text.startsWith(':') ? '127.0.0.1' : ''}${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (
    url === undefined ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.search !== '' ||
    url.hash !== ''
  )
    throw new CommandError(`${source}: write the URL of the admin port, such as ${DEFAULT_URL}`, 2);
  if (url.username !== '' || url.password !== '')
    throw new CommandError(`${source}: a token stands in CACHESIDE_TOKEN or --token-file, not in the URL`, 2);
  return url;
}

function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`--token-file: cannot be read: ${why}`, 2);
  }
  const token = tokenOf(text.trim(), `--token-file ${file}`);
  if (token === undefined) throw new CommandError(`--token-file: ${file} is empty`, 2);
  return token;
}

/** undefined where it is empty. */
function tokenOf(text: string | undefined, source: string): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new CommandError(`${source}: a token is one word of visible ASCII characters`, 2);
  return text;
}
