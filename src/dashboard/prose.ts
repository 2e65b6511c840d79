import { element } from './element.ts';

/** Text in which words between backticks are code. */
export function prose(text: string): readonly (Node | string)[] {
  return text.split('`').map((piece, i) => (i % 2 === 1 ? element('code', {}, piece) : piece));
}
