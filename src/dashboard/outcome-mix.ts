import type { OutcomeWord } from '../observe/outcome-word.ts';
import { element, setAttribute } from './element.ts';
import { percent } from './figures.ts';
import { OUTCOME_STYLES } from './outcome-style.ts';

/** Writes a bar of how requests came out, with its shares in words. */
export function writeMix(cell: HTMLElement, outcomes: Readonly<Record<OutcomeWord, number>>): void {
  let bar = cell.querySelector('.mix');
  if (bar === null) {
    const pieces = OUTCOME_STYLES.map(({ word }) =>
      element('span', { class: 'piece', 'data-outcome': word }),
    );
    bar = element('span', { class: 'mix', role: 'img' }, ...pieces);
    cell.replaceChildren(bar);
  }
  const all = OUTCOME_STYLES.reduce((sum, { word }) => sum + outcomes[word], 0);
  OUTCOME_STYLES.forEach(({ word }, i) => {
    const piece = bar.children[i];
    if (piece instanceof HTMLElement) piece.style.flexGrow = String(all === 0 ? 0 : outcomes[word] / all);
  });
  const shares = OUTCOME_STYLES.filter(({ word }) => outcomes[word] > 0).map(
    ({ word }) => `${word} ${percent(outcomes[word] / all)}`,
  );
  const told = shares.join(', ') || 'no requests';
  setAttribute(bar, 'aria-label', told);
  setAttribute(bar, 'title', told);
}
