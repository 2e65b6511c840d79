import { Command } from 'commander';
import type { Flags } from '../config/override.ts';
import { meant } from '../suggestion.ts';
import { addCheck } from './check-command.ts';
import { CommandError } from './command-error.ts';
import { addCompletion } from './completion-command.ts';
import { addExplain } from './explain-command.ts';
import { addHealth } from './health-command.ts';
import { addInit } from './init-command.ts';
import { addKeys } from './keys-command.ts';
import { addPurge } from './purge-command.ts';
import { addPurges } from './purges-command.ts';
import { addReload } from './reload-command.ts';
import { holdSignals } from './signals.ts';
import { addSimulate } from './simulate-command.ts';
import { addStats } from './stats-command.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';
import { addWarm } from './warm-command.ts';

const EXAMPLES = `
Examples:
  cacheside --upstream http://127.0.0.1:3000          the upstream's headers decide what is cached
  cacheside --upstream http://127.0.0.1:3000 --ttl 30s --redis redis://127.0.0.1:6379
  cacheside -c proxy.yaml --log-level debug --pretty
  cacheside check proxy.yaml                          every problem of a file, or its routes in order

Flags win over the environment (CACHESIDE_LISTEN, CACHESIDE_UPSTREAM, …), which wins over the file.
Exit codes: 0 fine, 1 a problem at run, 2 bad usage or a bad configuration, 3 done, but not all of it.`;

interface ServeOptions extends Flags {
  readonly config?: string;
}

/** The command line. Whoever parses with it gets a CommanderError for bad usage instead of an exit. */
export function createProgram(terminal: Terminal): Command {
  const { stdout, stderr } = terminal;
  const program = new Command('cacheside')
    .description('A caching reverse proxy beside one service: route rules in YAML, memory and Redis tiers.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', EXAMPLES)
    .enablePositionalOptions()
    .showHelpAfterError('(cacheside --help shows the options and commands)')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => stdout.columns ?? 80,
      getErrHelpWidth: () => stderr.columns ?? 80,
    })
    .exitOverride();
  // An unknown command would be called an argument too many.
  serveOptions(program).allowExcessArguments().action(run(terminal, program));
  serveOptions(program.command('serve').description('run the proxy; what happens without a command')).action(
    run(terminal, program),
  );
  // Each loads what it needs once it is run: the others start as fast.
  addCheck(program, terminal);
  addHealth(program, terminal, serveOptions);
  addExplain(program, terminal);
  addInit(program, terminal);
  addKeys(program, terminal);
  addPurge(program, terminal);
  addPurges(program, terminal);
  addReload(program, terminal);
  addSimulate(program, terminal);
  addStats(program, terminal);
  addWarm(program, terminal);
  addCompletion(program, terminal);
  return program;
}

function serveOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the YAML file (CACHESIDE_CONFIG)')
    .option(
      '--listen <address>',
      'where clients connect: 127.0.0.1:8080, :8080, [::1]:8080 (CACHESIDE_LISTEN)',
    )
    .option('--upstream <url>', 'the service behind (CACHESIDE_UPSTREAM)')
    .option('--admin-listen <address>', 'the admin port, or off (CACHESIDE_ADMIN_LISTEN)')
    .option('--redis <url>', 'the Redis tier, or off (CACHESIDE_REDIS; REDIS_URL where the file is silent)')
    .option('--namespace <name>', 'first part of every Redis key (CACHESIDE_NAMESPACE)')
    .option('--ttl <duration>', 'freshness where the upstream states none: 30s, 5m (CACHESIDE_TTL)')
    .option('--memory <size>', 'limit of the memory tier: 256MiB, or off (CACHESIDE_MEMORY)')
    .option('--workers <count>', 'processes that share the port, or auto: one a core (CACHESIDE_WORKERS)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (CACHESIDE_LOG_LEVEL)')
    .option('--pretty', 'log lines that begin with time, level and message, instead of JSON alone');
}

/** The proxy is loaded only to run it: `--version` and `check` need no sockets. */
function run({ env }: Terminal, program: Command) {
  return async (_: ServeOptions, command: Command): Promise<void> => {
    const [unknown] = command.args;
    if (unknown !== undefined) {
      const names = program.commands.map((known) => known.name());
      throw new CommandError(
        `there is no command \`${unknown}\` – ${meant(unknown, names)} A file goes behind --config`,
        2,
      );
    }
    // Loading takes its time, and a signal may come during it.
    const held = holdSignals();
    const { config: file, ...flags } = command.optsWithGlobals<ServeOptions>();
    const { serve } = await import('./serve.ts');
    await serve({ file, flags, env }, held);
  };
}
