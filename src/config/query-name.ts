import { type Parsed, shown } from './parsed.ts';

/** A parameter that counts: its exact name. */
export function parseIncluded(text: string): Parsed<string> {
  if (text === '') return { problem: 'is empty – name a query parameter' };
  if (text.includes('*'))
    return { problem: `${shown(text)} – \`include\` takes exact names; \`exclude\` takes \`utm_*\`` };
  return { value: text };
}

/** A parameter that never counts: its name, or the beginning of names before one last `*`. */
export function parseExcluded(text: string): Parsed<string> {
  if (text === '') return { problem: 'is empty – name a query parameter' };
  if (text === '*') return { problem: '`*` would exclude everything – write `query: none`' };
  if (text.slice(0, -1).includes('*'))
    return { problem: `${shown(text)} – \`*\` may stand at the end only, as in \`utm_*\`` };
  return { value: text };
}
