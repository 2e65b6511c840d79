import { element, setAttribute, setText } from './element.ts';

/** How well something is: said in words, and coloured. */
export type Level = 'good' | 'warn' | 'bad';

/** One figure of a panel. */
export interface PanelRow {
  readonly label: string;
  readonly text: string;
  readonly level?: Level | undefined;
  readonly title?: string | undefined;
}

/** A heading and its figures. */
export interface Panel {
  readonly element: HTMLElement;
  /** Rows that stay in their place change their text alone. */
  show(rows: readonly PanelRow[]): void;
}

export function createPanel(id: string, heading: string): Panel {
  const list = element('dl', { class: 'figures' });
  const rows = new Map<string, { readonly row: HTMLElement; readonly value: HTMLElement }>();
  const rowOf = (label: string) => {
    const known = rows.get(label);
    if (known !== undefined) return known;
    const value = element('dd');
    const made = { row: element('div', {}, element('dt', {}, label), value), value };
    rows.set(label, made);
    return made;
  };
  return {
    element: element('section', { class: 'card panel', id: `panel-${id}` }, element('h3', {}, heading), list),
    show(wanted) {
      wanted.forEach(({ label, text, level, title }, i) => {
        const { row, value } = rowOf(label);
        setText(value, text);
        setAttribute(value, 'data-level', level);
        setAttribute(row, 'title', title);
        if (list.children[i] !== row) list.insertBefore(row, list.children[i] ?? null);
      });
      while (list.children.length > wanted.length) list.lastElementChild?.remove();
    },
  };
}
