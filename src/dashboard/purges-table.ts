import { longText, text } from './column.ts';
import { byId, element, fill } from './element.ts';
import { ago, clockTime, NONE } from './figures.ts';
import { namedText, type PurgeListing, type PurgeOrder } from './purge-orders.ts';
import { createTable } from './table.ts';

/** Who purged what, which replicas have applied it, and who of them is silent. */
export interface PurgesTable {
  /** `now` in ms since the epoch. */
  show(listing: PurgeListing, now: number): void;
}

export function createPurgesTable(): PurgesTable {
  let now = Date.now();
  const table = createTable<PurgeOrder>({
    caption: 'Purges of all replicas, with their receipts',
    key: ({ order }) => order,
    sortedBy: 'at',
    empty: 'Nothing was purged yet.',
    columns: [
      {
        id: 'what',
        label: 'What',
        wide: true,
        write: longText(
          ({ purges, more }) => purges.map(namedText).join(', ') + (more === true ? ', and more' : ''),
        ),
      },
      {
        id: 'at',
        label: 'When',
        numeric: true,
        by: ({ at }) => at,
        write: text(({ at }) => `${clockTime(at, now)}, ${ago(at, now)}`),
      },
      { id: 'by', label: 'By', by: ({ by }) => by, write: longText(({ by }) => by) },
      { id: 'status', label: 'Status', by: ({ status }) => status, write: writeStatus },
      {
        id: 'replicas',
        label: 'Applied by',
        write: longText(({ replicas }) =>
          replicas === null ? 'cannot be told' : replicas.join(', ') || NONE,
        ),
      },
      {
        id: 'position',
        label: 'Position',
        numeric: true,
        by: ({ position }) => position,
        write: text(({ position }) => (position === null ? NONE : String(position))),
      },
      { id: 'order', label: 'Order', write: longText(({ order }) => order) },
    ],
  });
  const replicas = element('ul', { class: 'replicas', 'aria-label': 'Replicas' });
  byId('purges-table').append(table.element, replicas);

  return {
    show({ purges, replicas: known, current }, at) {
      now = at;
      table.show(purges);
      const told = known.map(({ name, seen, silent, position }) =>
        element(
          'li',
          {
            'data-level': silent ? 'bad' : 'good',
            title: `Has applied all up to ${position ?? 'nothing yet'}`,
          },
          element('b', {}, name),
          silent ? ` silent, last heard of ${ago(seen, at)}` : ` heard of ${ago(seen, at)}`,
        ),
      );
      const stale =
        !current &&
        element('li', { 'data-level': 'warn' }, 'Redis cannot be asked now: this was known before.');
      fill(replicas, ...told, stale);
    },
  };
}

function writeStatus(cell: HTMLElement, { status }: PurgeOrder): void {
  cell.textContent = status;
  cell.dataset['level'] = status === 'applied' ? 'good' : 'warn';
}
