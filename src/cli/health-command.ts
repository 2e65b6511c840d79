import { Command } from 'commander';
import type { Flags } from '../config/override.ts';
import type { Terminal } from './terminal.ts';

interface ServeOptions extends Flags {
  readonly config?: string;
}

interface HealthOptions extends ServeOptions {
  readonly ready?: boolean;
}

type GiveServeOptions = (command: Command) => Command;

/**
 * Adds `cacheside health`: exit code 0 where the sidecar of this machine or container is well, else 1. It takes the flags of
 * `serve`, which `serveOptions` gives a command, and finds the sidecar as that would; without any of them, in a
 * container, those that it was started with.
 */
export function addHealth(program: Command, terminal: Terminal, serveOptions: GiveServeOptions): void {
  const command = program
    .command('health')
    .description('ask the sidecar of this machine or container whether it is alive')
    .option('--ready', 'whether it takes requests, too: it does not while it starts or stops');
  serveOptions(command).action(async (_, called: Command) => {
    const { ready = false, ...given } = called.optsWithGlobals<HealthOptions>();
    const [{ readAddresses }, { readFile }, { firstProcessArguments }, { health }] = await Promise.all([
      import('../config/addresses.ts'),
      import('../config/read-file.ts'),
      import('./first-process.ts'),
      import('./health.ts'),
    ]);
    const isBare = Object.keys(given).length === 0;
    const { config, ...flags } = isBare ? readOptions(serveOptions, firstProcessArguments()) : given;
    const { env, stdout } = terminal;
    const { CACHESIDE_CONFIG: named } = env;
    const file = config ?? (named || undefined);
    const addresses = readAddresses(file === undefined ? '' : readFile(file, 0), flags, env);
    stdout.write(`${await health(addresses, ready)}\n`);
  });
}

/** Those that `serve` takes; what else stands there does not matter. */
function readOptions(serveOptions: GiveServeOptions, args: readonly string[]): ServeOptions {
  const command = serveOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {});
  return command.parse(args, { from: 'user' }).opts<ServeOptions>();
}
