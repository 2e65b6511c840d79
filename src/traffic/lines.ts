import { StringDecoder } from 'node:string_decoder';

/** Characters of the longest line that is looked at; of a longer one, as many and one more are given. */
export const LONGEST_LINE = 64 * 1024;

/** The lines of UTF-8 text, as many at a time as a piece of it ends. Bounded memory, however long a line is. */
export async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string[], void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isFirst = true;
  for await (const piece of pieces) {
    let text = decoder.write(piece);
    if (isFirst && text !== '') {
      isFirst = false;
      if (text.startsWith('\ufeff')) text = text.slice(1);
    }
    const lines = text.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    // What is beyond is not kept until the line ends.
    if (rest.length > LONGEST_LINE) rest = rest.slice(0, LONGEST_LINE + 1);
    if (lines.length > 0) yield lines.map(withoutReturn);
  }
  rest += decoder.end();
  if (rest !== '') yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
