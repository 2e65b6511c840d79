import { setText } from './element.ts';

/** One column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly label: string;
  /** What it tells, where the label alone does not. */
  readonly title?: string;
  /** Figures stand at the right, and are first sorted from high to low. */
  readonly numeric?: boolean;
  /** Takes the whole width where a row is shown as a card. */
  readonly wide?: boolean;
  /** Has a button: on a card it goes without its label. */
  readonly acts?: boolean;
  /** Left out where there is little room, but not of a card. */
  readonly minor?: boolean;
  /** What rows are sorted by; null comes last. Absent: it can't be sorted by. */
  readonly by?: (row: Row) => number | string | null;
  /** Writes the cell, which may hold what it was written before. */
  readonly write: (cell: HTMLElement, row: Row) => void;
}

/** A cell with nothing but text. */
export function text<Row>(of: (row: Row) => string): Column<Row>['write'] {
  return (cell, row) => setText(cell, of(row));
}

/** The same, with all of it at hand where it is cut off. */
export function longText<Row>(of: (row: Row) => string): Column<Row>['write'] {
  return (cell, row) => {
    const value = of(row);
    setText(cell, value);
    if (cell.title !== value) cell.title = value;
  };
}

/** How two rows stand to each other: below 0, the first comes first. */
export function compare<Row>({ by, numeric }: Column<Row>, descending: boolean): (a: Row, b: Row) => number {
  if (by === undefined) return () => 0;
  return (a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    const ascending = numeric === true ? Number(x) - Number(y) : String(x).localeCompare(String(y));
    return descending ? -ascending : ascending;
  };
}
