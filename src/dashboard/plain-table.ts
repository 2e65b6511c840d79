import { type Child, element } from './element.ts';

/** A cell: what it holds, and how good that is. */
export type PlainCell = Child | { readonly text: string; readonly level: string };

/** A table as it is, sorted by whoever made it; a narrow page shows its rows as cards. */
export function plainTable(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly PlainCell[])[],
): HTMLElement {
  const head = heads.map((label) => element('th', { scope: 'col', role: 'columnheader' }, label));
  const lines = rows.map((cells) =>
    element('tr', { role: 'row' }, ...cells.map((cell, i) => cellOf(cell, heads[i] ?? ''))),
  );
  return element(
    'div',
    { class: 'table' },
    element(
      'table',
      { role: 'table', class: 'plain-table' },
      element('caption', { class: 'visually-hidden' }, caption),
      element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...head)),
      element('tbody', { role: 'rowgroup' }, ...lines),
    ),
  );
}

function cellOf(cell: PlainCell, label: string): HTMLElement {
  const properties = { role: 'cell', 'data-label': label };
  if (typeof cell === 'object' && 'level' in cell)
    return element('td', { ...properties, 'data-level': cell.level }, cell.text);
  return element('td', properties, cell);
}
