import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { TRAFFIC_FORMATS, type TrafficFormat } from '../traffic/formats.ts';
import { CommandError } from './command-error.ts';
import type { Terminal } from './terminal.ts';

interface Options {
  readonly upstream?: string;
  readonly listen?: string;
  readonly adminListen?: string;
  readonly adminToken?: boolean;
  readonly redis?: string;
  readonly ttl?: string;
  readonly memory?: string;
  readonly fromAccessLog?: readonly string[];
  readonly format: TrafficFormat;
  readonly yes?: boolean;
  readonly stdout?: boolean;
  readonly force?: boolean;
}

const DEFAULT_FILE = 'proxy.yaml';

const EXAMPLES = `
Examples:
  cacheside init                                     asks, and writes ${DEFAULT_FILE}
  cacheside init --yes --upstream http://127.0.0.1:3000 --ttl 30s
  cacheside init --upstream http://127.0.0.1:3000 --from-access-log access.log.1.gz access.log`;

/** `cacheside init [FILE]`. */
export function addInit(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .showHelpAfterError('(cacheside init --help shows all)')
    .description(
      'write a commented configuration: by questions, by flags, or with routes proposed from an access log',
    )
    .argument('[file]', `the YAML file to write (${DEFAULT_FILE})`)
    .option('--upstream <url>', 'the service behind')
    .option('--listen <address>', 'where clients connect')
    .option('--admin-listen <address>', 'the admin port')
    .option('--admin-token', 'have the admin port ask for the token in CACHESIDE_ADMIN_TOKEN')
    .option('--redis <url>', 'the Redis tier')
    .option('--ttl <duration>', 'freshness where the upstream states none')
    .option('--memory <size>', 'limit of the memory tier')
    .option('--from-access-log <files...>', 'propose routes from access logs, in order of time, gzip or not')
    .addOption(
      new Option('--format <format>', 'how the lines of the logs are written')
        .choices(TRAFFIC_FORMATS)
        .default('auto'),
    )
    .option('-y, --yes', 'ask nothing')
    .option('--stdout', 'print it instead of writing a file')
    .option('--force', 'replace a file that is there')
    .addHelpText('after', EXAMPLES)
    .action((file: string | undefined, options: Options) => init(file ?? DEFAULT_FILE, options, terminal));
}

async function init(file: string, options: Options, terminal: Terminal): Promise<void> {
  const { stdout, stderr } = terminal;
  const { format, force = false } = options;
  const isPrinted = options.stdout === true;
  const refuse = () =>
    new CommandError(`${file} is there already – name another file, or replace it with --force`);
  if (!isPrinted && !force && existsSync(file)) throw refuse();
  const { settings: given, logs } = await settingsOf(options, terminal);
  const { checkSettings, checkText, hasPassword, needsToken } = await import('./init-settings.ts');
  const { initText } = await import('./init-yaml.ts');
  const settings = { ...given, adminToken: given.adminToken || needsToken(checkSettings(given)) };
  let text: string;
  if (logs.length === 0) text = initText(settings, file);
  else {
    const { expect, proposeFrom } = await import('./init-log.ts');
    const { describeReading } = await import('../traffic/reading.ts');
    const { proposal, reading } = await proposeFrom(logs, format);
    for (const line of describeReading(reading)) stderr.write(`${line}\n`);
    const config = checkText(initText(settings, file, { proposal, logs, expected: undefined }), file);
    const expected = await expect(logs, format, config);
    text = initText(settings, file, { proposal, logs, expected });
    stderr.write(`${proposal.routes.length} routes from ${proposal.requests} requests: ${expected.total}\n`);
  }
  // What was written must be what `check` takes.
  checkText(text, file);
  if (isPrinted) stdout.write(text);
  else {
    write(file, text, force, refuse);
    stderr.write(`wrote ${file}; next: cacheside check ${file}, and then cacheside -c ${file}\n`);
  }
  if (settings.adminToken)
    stderr.write(
      `it asks for a token: export CACHESIDE_ADMIN_TOKEN=${randomBytes(24).toString('base64url')}\n`,
    );
  if (settings.redis !== undefined && hasPassword(settings.redis))
    stderr.write('the URL of Redis has a password, and is not in the file: export it as REDIS_URL\n');
}

async function settingsOf(options: Options, terminal: Terminal) {
  const {
    upstream,
    listen,
    adminListen,
    adminToken,
    redis,
    ttl,
    memory,
    fromAccessLog,
    yes = false,
  } = options;
  const { USUAL } = await import('./init-settings.ts');
  const { stdin, stderr } = terminal;
  if (!yes && stdin.isTTY === true && stderr.isTTY === true) {
    const { askSettings } = await import('./init-questions.ts');
    const known = { upstream, listen, adminListen, adminToken, redis, ttl, memory };
    return askSettings(known, fromAccessLog, terminal);
  }
  if (upstream === undefined)
    throw new CommandError('name the service behind: --upstream http://127.0.0.1:3000', 2);
  const settings = {
    upstream,
    listen: listen ?? USUAL.listen,
    adminListen: adminListen ?? USUAL.adminListen,
    adminToken: adminToken ?? false,
    redis,
    ttl,
    memory: memory ?? USUAL.memory,
  };
  return { settings, logs: fromAccessLog ?? [] };
}

function write(file: string, text: string, force: boolean, refuse: () => CommandError): void {
  try {
    writeFileSync(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw refuse();
    throw new CommandError(
      `${file} can't be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
