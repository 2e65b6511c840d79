import type { Command } from 'commander';
import type { AdminClient } from './admin-client.ts';
import { type AdminOptions, adminClient, adminOptions } from './admin-options.ts';
import { countOf } from './amounts.ts';
import { CommandError } from './command-error.ts';
import { type PurgeOptions, type PurgeOrder, purgeOrder } from './purge-order.ts';
import { describeReceipt, isDone, type PurgeReceipt } from './purge-receipt.ts';
import type { Terminal } from './terminal.ts';

interface Options extends PurgeOptions, AdminOptions {
  readonly idempotencyKey?: string;
  readonly yes?: boolean;
}

const EXAMPLES = `
Examples:
  cacheside purge --url /products/1 --url /products/2
  cacheside purge --tag product-1 --soft --wait 2s     exits with 3 unless every replica has applied it
  cacheside purge --glob '/products/*/reviews' --dry-run`;

/** What an answer may take beyond the time that replicas are waited for: it is counted what is purged; ms. */
const BESIDE_WAIT = 10_000;
/** What `true` means to the admin port, ms. */
const WAIT = 5_000;

/** `cacheside purge`: `POST /purge`. */
export function addPurge(program: Command, terminal: Terminal): void {
  adminOptions(program.command('purge'))
    .description('take stored responses out of use, in memory, in Redis and at every replica')
    .option('--url <url>', 'one URL with its query, all its variants; may be repeated, as all of these', each)
    .option('--tag <tag>', 'what carries this tag', each)
    .option('--route <name>', 'what this route stored', each)
    .option('--prefix <path>', 'every path that begins so', each)
    .option('--glob <pattern>', '* within a segment of a path, ** anything', each)
    .option('--group <name>', 'a cache group (RFC 9875) of --origin', each)
    .option('--origin <origin>', 'the scheme and host of the groups')
    .option('--all', 'everything; asks first, or wants --yes')
    .option('--soft', 'stale instead of gone: validated at the next request')
    .option('--dry-run', 'count what is in memory, and purge nothing')
    .option('--wait [duration]', 'until the replicas have applied it, 5s or as long as is said')
    .option('--idempotency-key <key>', 'the same key and purges again: nothing is purged twice')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const order = purgeOrder(options);
      const client = await adminClient(options, terminal);
      if (options.all === true && options.dryRun !== true && options.yes !== true) {
        if (!(await isConfirmed(client, order, terminal))) {
          terminal.stderr.write('nothing was purged\n');
          terminal.exit(1);
          return;
        }
      }
      const key = options.idempotencyKey;
      const { text, body } = await client.call<PurgeReceipt>(
        {
          method: 'POST',
          path: '/purge',
          body: order,
          timeout: client.access.timeout + waitOf(order) + BESIDE_WAIT,
          ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
        },
        ['status', 'purges', 'matched'],
      );
      terminal.stdout.write(options.json ? text : describeReceipt(body, Date.now()));
      terminal.exit(isDone(body) ? 0 : 3);
    });
}

function each(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function waitOf({ wait }: PurgeOrder): number {
  return typeof wait === 'number' ? wait : wait === true ? WAIT : 0;
}

/** Asks at a terminal; anywhere else throws a CommandError that says how to do without. */
async function isConfirmed(client: AdminClient, order: PurgeOrder, terminal: Terminal): Promise<boolean> {
  const { stdin, stderr } = terminal;
  if (stdin.isTTY !== true || stderr.isTTY !== true)
    throw new CommandError(
      '--all purges everything at every replica: say --yes where nobody can be asked',
      2,
    );
  const { wait: _, ...named } = order;
  const { body } = await client.call<PurgeReceipt>(
    { method: 'POST', path: '/purge', body: { ...named, 'dry-run': true } },
    ['matched'],
  );
  const count = body.matched === null ? 'all there is' : countOf(body.matched, 'stored response');
  const { confirm } = await import('@clack/prompts');
  const answer = await confirm({
    message: `Purge everything? ${count} in memory here, all in Redis, and at every replica`,
    initialValue: false,
    input: stdin,
    output: stderr,
  });
  return answer === true;
}
