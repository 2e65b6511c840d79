import type { ReplicaReceipt } from '../purge/purge-ledger.ts';
import { countOf, formatSpan } from './amounts.ts';
import { visibleText } from './visible-text.ts';

/** What `POST /purge` answers. */
export interface PurgeReceipt {
  readonly status: 'applied' | 'pending' | 'dry-run';
  readonly purges: readonly Readonly<Record<string, unknown>>[];
  /** null: not counted. */
  readonly matched: number | null;
  readonly order?: string;
  readonly position?: number;
  readonly repeated?: boolean;
  readonly why?: string;
  readonly replicas?: ReplicaReceipt;
}

/** Purges shown one by one. */
const SHOWN = 20;

/** False where something that was asked for is still to happen: it is pending, or replicas have not said that they applied it. */
export function isDone({ status, replicas }: PurgeReceipt): boolean {
  return status !== 'pending' && replicas?.all !== false;
}

/** The receipt for people. `now` in ms since the epoch. */
export function describeReceipt(receipt: PurgeReceipt, now: number): string {
  const { purges, order } = receipt;
  const lines = [headline(receipt), ...purges.slice(0, SHOWN).map((purge) => `  ${describeNamed(purge)}`)];
  if (purges.length > SHOWN) lines.push(`  and ${purges.length - SHOWN} more`);
  if (receipt.why !== undefined) lines.push(visibleText(receipt.why));
  if (receipt.replicas !== undefined) lines.push(...describeReplicas(receipt.replicas, now));
  if (order !== undefined) lines.push(`order ${order}`);
  return `${lines.join('\n')}\n`;
}

function headline({ status, matched, position, repeated = false }: PurgeReceipt): string {
  const count =
    matched === null
      ? 'what it matches was not counted'
      : `${countOf(matched, 'stored response')} in memory here`;
  switch (status) {
    case 'dry-run':
      return `dry run, nothing purged: ${count}`;
    case 'pending':
      return `pending: applied here alone, and not confirmed by Redis yet${repeated ? ' (this order was given before)' : `: ${count}`}`;
    case 'applied':
      return repeated
        ? `applied before, as position ${position}: this Idempotency-Key was used for the same purge`
        : `applied, position ${position}: ${count}`;
    default:
      return status satisfies never;
  }
}

/** `tag product:1 (soft): 12 stored responses`. */
function describeNamed(purge: Readonly<Record<string, unknown>>): string {
  const count =
    typeof purge['matched'] === 'number' ? `: ${countOf(purge['matched'], 'stored response')}` : '';
  return describePurge(purge) + count;
}

/** A purge as the admin port shows it, in words: `tag product:1 (soft)`. */
export function describePurge(purge: Readonly<Record<string, unknown>>): string {
  const [name = 'nothing', value] =
    Object.entries(purge).find(([member]) => member !== 'soft' && member !== 'matched') ?? [];
  const selector = value === true ? 'everything' : `${name} ${visibleText(String(value))}`;
  return purge['soft'] === true ? `${selector} (soft)` : selector;
}

function describeReplicas({ all, applied, waiting, silent, why }: ReplicaReceipt, now: number): string[] {
  const heading = all ? 'every replica has applied it' : 'not every replica is known to have applied it';
  const rows = [
    ['applied', applied.map(visibleText)],
    ['waiting', waiting.map(visibleText)],
    ['silent', silent.map(({ name, since }) => `${visibleText(name)} (for ${formatSpan(now - since)})`)],
  ] as const;
  return [
    why === undefined ? heading : `${heading}: ${visibleText(why)}`,
    ...rows
      .filter(([, names]) => names.length > 0)
      .map(([state, names]) => `  ${state}: ${names.join(', ')}`),
  ];
}
