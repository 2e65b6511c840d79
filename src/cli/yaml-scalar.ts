import { visibleText } from './visible-text.ts';

/** What YAML reads as the text that it looks like. */
const PLAIN = /^[A-Za-z/][\w./:@*+~=&,|-]*(?: [\w./:@*+~=&,|-]+)*$/;

/** A text as a scalar of YAML: plain where it can be, else in single quotes. */
export function scalar(text: string): string {
  const isPlain =
    (PLAIN.test(text) || /^\d[\w.:]*$/.test(text)) &&
    !/:(?: |$)|^(?:true|false|null|yes|no|on|off)$/i.test(text);
  return isPlain ? text : `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts on one line. */
export function flowList(texts: readonly string[]): string {
  return `[${texts.map((text) => (/^[A-Za-z_][\w.-]*\*?$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`)).join(', ')}]`;
}

const WIDTH = 118;

/** Text in lines of comment; of logs, what cannot be seen is written out. */
export function comment(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  const lead = /^ */.exec(text)?.[0] ?? '';
  for (const word of visibleText(text).trim().split(' ')) {
    if (line !== '' && indent.length + 2 + lead.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${indent}# ${lead}${one}`);
}
