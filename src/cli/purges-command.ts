import type { Command } from 'commander';
import type { HistoricOrder, LedgerHistory } from '../purge/purge-ledger.ts';
import { type AdminOptions, adminClient, adminOptions, wholeNumber } from './admin-options.ts';
import { formatSpan } from './amounts.ts';
import { describePurge } from './purge-receipt.ts';
import { formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';

/** What `GET /purges` answers. */
interface Purges extends Pick<LedgerHistory, 'replicas' | 'current'> {
  readonly purges: readonly ToldOrder[];
}

interface ToldOrder extends Pick<HistoricOrder, 'status' | 'position' | 'replicas'> {
  readonly order: string;
  readonly by: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly purges: readonly Readonly<Record<string, unknown>>[];
  readonly more?: boolean;
}

/** Named in a row. */
const NAMED = 3;

/** `cacheside purges`: `GET /purges`. */
export function addPurges(program: Command, terminal: Terminal): void {
  adminOptions(program.command('purges'))
    .description('who purged what, newest first, and which replicas have applied it')
    .option('--limit <count>', 'how many, at most 500', '20')
    .action(async (options: AdminOptions & { readonly limit: string }) => {
      const limit = wholeNumber(options.limit, '--limit', 500);
      const client = await adminClient(options, terminal);
      const { text, body } = await client.call<Purges>({ method: 'GET', path: `/purges?limit=${limit}` }, [
        'purges',
        'replicas',
        'current',
      ]);
      terminal.stdout.write(options.json ? text : describe(body, Date.now()));
    });
}

function describe({ purges, replicas, current }: Purges, now: number): string {
  const heading = ['when', 'by', 'status', 'replicas', 'purged', 'order'];
  const rows = purges.map((told) => [
    new Date(told.at).toISOString().replace('T', ' ').replace(/\..*/, 'Z'),
    visibleText(told.by),
    told.status,
    told.replicas === null ? 'not known' : `${told.replicas.length} of ${replicas.length}`,
    named(told),
    told.order.slice(0, 8),
  ]);
  const table = purges.length === 0 ? 'nobody has purged anything' : formatTable([heading, ...rows]);
  const states = replicas.map(({ name, position, seen, silent }) => [
    visibleText(name),
    silent ? 'silent' : 'live',
    position === null ? '-' : String(position),
    `${formatSpan(Math.max(0, now - seen))} ago`,
  ]);
  const roster =
    states.length === 0 ? '' : `\n${formatTable([['replica', 'state', 'position', 'seen'], ...states])}\n`;
  const old = current ? '' : '\nRedis cannot be asked now: this is what was known before.\n';
  return `${table}\n${roster}${old}`;
}

function named({ purges, more = false }: ToldOrder): string {
  const shown = purges.slice(0, NAMED).map(describePurge).join(', ');
  if (more) return `${shown}, and more than ${purges.length - NAMED} others`;
  return purges.length > NAMED ? `${shown}, and ${purges.length - NAMED} more` : shown;
}
