import { type Column, compare } from './column.ts';
import { element, fill, setAttribute, setText } from './element.ts';

export interface TableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** Tells rows apart: what stays keeps its elements, and so the focus. */
  readonly key: (row: Row) => string;
  /** Id of the column that is sorted by first. */
  readonly sortedBy: string;
  /** What stands there without rows. */
  readonly empty: string;
}

export interface Table<Row> {
  readonly element: HTMLElement;
  /** `totals`: cells of a last row that is never sorted, by column id. */
  show(rows: readonly Row[], totals?: Readonly<Record<string, string>>): void;
}

/** A table sorted by the column that a reader chooses. Rows that somebody is in do not move. */
export function createTable<Row>({ caption, columns, key, sortedBy, empty }: TableOptions<Row>): Table<Row> {
  let rows: readonly Row[] = [];
  let sorted = columns.find(({ id }) => id === sortedBy);
  let descending = sorted?.numeric === true;
  const lines = new Map<string, HTMLTableRowElement>();

  // Roles are said, since a narrow page lays rows out as cards.
  const heads = columns.map((column) => {
    const { label, title, by } = column;
    const head = element('th', { scope: 'col', role: 'columnheader', class: kindsOf(column), title });
    if (by === undefined) head.append(label);
    else head.append(element('button', { type: 'button', onclick: () => sortBy(column) }, label));
    return head;
  });
  const body = element('tbody', { role: 'rowgroup' });
  const foot = element('tfoot', { role: 'rowgroup' });
  const table = element(
    'table',
    { role: 'table' },
    element('caption', { class: 'visually-hidden' }, caption),
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' }, ...heads)),
    body,
    foot,
  );
  const nothing = element('p', { class: 'muted nothing' }, empty);
  const whole = element('div', { class: 'table' }, table, nothing);

  function sortBy(column: Column<Row>): void {
    descending = sorted === column ? !descending : column.numeric === true;
    sorted = column;
    draw(true);
  }

  function cellOf(column: Column<Row>): HTMLTableCellElement {
    return element('td', { role: 'cell', 'data-label': column.label, class: kindsOf(column) });
  }

  function draw(mayMove: boolean): void {
    columns.forEach((column, i) => {
      const direction = descending ? 'descending' : 'ascending';
      setAttribute(heads[i] ?? table, 'aria-sort', column === sorted ? direction : undefined);
    });
    const present = new Set(rows.map(key));
    for (const [name, line] of lines) {
      if (present.has(name)) continue;
      line.remove();
      lines.delete(name);
    }
    const order = sorted === undefined ? rows : rows.toSorted(compare(sorted, descending));
    order.forEach((row, i) => {
      const name = key(row);
      const line = lines.get(name) ?? element('tr', { role: 'row' }, ...columns.map(cellOf));
      lines.set(name, line);
      columns.forEach(({ write }, at) => {
        const cell = line.children[at];
        if (cell instanceof HTMLElement) write(cell, row);
      });
      if (!line.isConnected || (mayMove && body.children[i] !== line))
        body.insertBefore(line, body.children[i] ?? null);
    });
    table.hidden = rows.length === 0;
    nothing.hidden = rows.length > 0;
  }

  return {
    element: whole,
    show(given, totals) {
      rows = given;
      draw(!body.matches(':hover') && !body.contains(document.activeElement));
      if (totals === undefined) return foot.replaceChildren();
      if (foot.firstElementChild === null) fill(foot, element('tr', { role: 'row' }, ...columns.map(cellOf)));
      columns.forEach(({ id }, i) => {
        const cell = foot.firstElementChild?.children[i];
        if (cell !== undefined) setText(cell, totals[id] ?? '');
      });
    },
  };
}

function kindsOf<Row>({ numeric, wide, minor, acts }: Column<Row>): string | undefined {
  const kinds = [numeric ? 'number' : '', wide ? 'wide' : '', minor ? 'minor' : '', acts ? 'act' : '']
    .join(' ')
    .trim();
  return kinds === '' ? undefined : kinds;
}
