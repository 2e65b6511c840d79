import { element } from './element.ts';
import { ago, count } from './figures.ts';
import { pairs } from './pairs.ts';
import { namedText, type PurgeAnswer } from './purge-orders.ts';

/** What a dry run found: nothing is purged yet. */
export function dryRunView({ matched, purges }: PurgeAnswer): HTMLElement {
  const said =
    matched === null
      ? 'How many stored responses match was not counted.'
      : `${count(matched)} stored ${matched === 1 ? 'response' : 'responses'} in the memory of this sidecar ${matched === 1 ? 'matches' : 'match'}.`;
  return element(
    'div',
    {},
    element('p', {}, element('b', {}, said), ' What Redis and other replicas hold is purged as well.'),
    element('ul', { class: 'plain' }, ...purges.map((purge) => element('li', {}, namedText(purge)))),
  );
}

/** What became of a purge, here and at the other replicas. */
export function receiptView(answer: PurgeAnswer): HTMLElement {
  const { status, order, position, matched, purges, replicas, why, repeated } = answer;
  const isApplied = status === 'applied';
  return element(
    'div',
    { class: 'receipt' },
    element(
      'p',
      { 'data-level': isApplied ? 'good' : 'warn' },
      element('b', {}, isApplied ? 'Purged.' : 'Purged here, and pending elsewhere.'),
      why === undefined ? '' : ` ${why}`,
    ),
    pairs([
      ['What', purges.map(namedText).join(', ')],
      ['Status', repeated === true ? `${status}, as before` : status],
      ['Matched in memory', matched === null ? 'not counted' : count(matched)],
      ['Position', position === undefined ? undefined : String(position)],
      ['Order', order],
      ['Every replica', replicas === undefined ? undefined : everyReplica(replicas)],
      ['Applied by', replicas?.applied.join(', ')],
      ['Waiting', replicas?.waiting.join(', ')],
      [
        'Silent',
        replicas?.silent.map(({ name, since }) => `${name}, since ${ago(since, Date.now())}`).join(', '),
      ],
    ]),
  );
}

function everyReplica({ all, why }: NonNullable<PurgeAnswer['replicas']>): string {
  if (all) return 'has applied it';
  return why === undefined
    ? 'has not said yet that it has applied it'
    : `cannot be said to have applied it: ${why}`;
}
