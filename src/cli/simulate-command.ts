import { type Command, Option } from 'commander';
import { parseSize } from '../config/size.ts';
import { TRAFFIC_FORMATS, type TrafficFormat } from '../traffic/formats.ts';
import { duration } from './admin-options.ts';
import { CommandError } from './command-error.ts';
import { isColored, type Terminal } from './terminal.ts';

interface Options {
  readonly log: readonly string[];
  readonly config?: string;
  readonly memory?: string;
  readonly ttl?: string;
  readonly assumeTtl?: string;
  readonly etag: boolean;
  readonly host?: string;
  readonly format: TrafficFormat;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  cacheside simulate --log access.log.2.gz access.log.1 access.log -c proxy.yaml
  cacheside simulate --log access.log -c proxy.yaml --memory 16MiB,64MiB,256MiB
  zcat access.log.*.gz | cacheside simulate --log - --assume-ttl 1m --json

The log is read twice, unless --memory names the limits or it comes from standard input.`;

/** `cacheside simulate --log FILE`. */
export function addSimulate(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .showHelpAfterError('(cacheside simulate --help shows all)')
    .description(
      'replay an access log against the rules: hit ratio, bytes saved and memory needed, by memory limit',
    )
    .requiredOption('--log <files...>', 'access logs in order of time, gzip or not; - for standard input')
    .option('-c, --config <file>', 'the YAML file; without one there is the rule of a sidecar without routes')
    .option('--memory <sizes>', 'memory limits to compare: 16MiB,64MiB; by itself such as fit the log')
    .option('--ttl <duration>', 'freshness where a route has none of its own, as of `cacheside --ttl`')
    .option(
      '--assume-ttl <duration>',
      'freshness that the upstream states, where no rule has any: no log tells',
    )
    .option('--no-etag', 'assume responses without validator, of which nothing is kept once it is stale')
    .option('--host <host>', 'the Host of requests whose lines name none', 'localhost')
    .addOption(
      new Option('--format <format>', 'how the lines are written').choices(TRAFFIC_FORMATS).default('auto'),
    )
    .option('--json', 'print all figures as JSON, for scripts')
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => simulate(options, terminal));
}

async function simulate(options: Options, terminal: Terminal): Promise<void> {
  const { env, stdout, stderr } = terminal;
  const { log, config: file, ttl, format, host: authority } = options;
  const limits = options.memory === undefined ? undefined : limitsOf(options.memory);
  const assumeTtl = options.assumeTtl === undefined ? undefined : duration(options.assumeTtl, '--assume-ttl');
  const { loadConfig } = await import('../config/load.ts');
  // Nothing is asked of it.
  const config = loadConfig({
    file,
    flags: { ttl },
    env: { CACHESIDE_UPSTREAM: 'http://127.0.0.1:1', ...env },
  });
  const { replay } = await import('./simulate-replay.ts');
  const { describeReading, requestsFound } = await import('../traffic/reading.ts');
  const { assumptionsOf } = await import('./simulate-assumptions.ts');
  const { describeSimulation } = await import('./simulate-text.ts');
  const assume = { ttl: assumeTtl, etag: options.etag };
  const { reading, result } = await replay({ log, format, config, limits, assume, authority }, terminal);
  for (const line of describeReading(reading)) stderr.write(`${line}\n`);
  if (requestsFound(reading) === 0) throw new CommandError('there is no request in it that could be read');
  const assumptions = assumptionsOf(config, result, assume);
  const memoryLimit = config.memory.enabled ? config.memory.limit : null;
  if (options.json) {
    const { lines, found, skipped, unreadable } = reading;
    const told = { log, lines, found, skipped, unreadable, memoryLimit, assumptions, ...result };
    stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    return;
  }
  const paper = { width: stdout.columns ?? 100, isColored: isColored(terminal, stdout) };
  stdout.write(describeSimulation(result, { memoryLimit, assumptions }, paper));
}

/** Bytes, ascending. */
function limitsOf(text: string): number[] {
  const limits = text.split(',').map((one) => {
    const size = parseSize(one.trim());
    if ('problem' in size) throw new CommandError(`--memory: ${size.problem}`, 2);
    if (size.value < 2 ** 20) throw new CommandError('--memory: a limit must be at least 1MiB', 2);
    return size.value;
  });
  return [...new Set(limits)].sort((a, b) => a - b);
}
