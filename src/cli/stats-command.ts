import type { Command } from 'commander';
import type { AdminStats } from '../admin/ports.ts';
import { type AdminOptions, adminClient, adminOptions, duration } from './admin-options.ts';
import { isColored, type Terminal } from './terminal.ts';

interface Options extends AdminOptions {
  readonly watch?: boolean;
  readonly interval: string;
}

/** Columns where the output is no terminal. */
const WIDTH = 100;

/** `cacheside stats`: `GET /stats`, or with `--watch` `GET /live`. */
export function addStats(program: Command, terminal: Terminal): void {
  adminOptions(program.command('stats'))
    .description('requests, hit ratio, response times, tiers and routes of a running sidecar')
    .option('-w, --watch', 'go on; q or Ctrl-C ends it. With --json one document a line')
    .option('-i, --interval <duration>', 'between two looks, 250ms to 1m', '1s')
    .action(async (options: Options) => {
      const interval = duration(options.interval, '--interval');
      const client = await adminClient(options, terminal);
      if (options.watch === true) {
        const { watchStats } = await import('./stats-watch.ts');
        await watchStats(client, { interval, isJson: options.json === true }, terminal);
        return;
      }
      const { stdout } = terminal;
      const { text, body: stats } = await client.call<AdminStats>({ method: 'GET', path: '/stats' }, STATS);
      if (options.json) stdout.write(text);
      else {
        const { wholeStats } = await import('./stats-view.ts');
        const { paint } = await import('./paint.ts');
        const width = stdout.columns ?? WIDTH;
        const lines = wholeStats({ stats, now: Date.now() }, width);
        const paper = { width, isColored: isColored(terminal, stdout) };
        stdout.write(`${lines.map((line) => paint(line, paper)).join('\n')}\n`);
      }
    });
}

/** Without these it is something else that answers. */
const STATS = [
  'requests',
  'outcomes',
  'responseTime',
  'routes',
  'memory',
  'redis',
  'upstream',
  'purges',
] satisfies (keyof AdminStats)[];
