/**
 * A glob anchored at both ends. `*` is any run of characters within a segment (no `/`), `**` any run
 * at all; everything else is literal, `?`, brackets and braces included, for they occur in URLs.
 * Time is bounded by twice the square of the text's length whatever the pattern is, and a text that differs
 * in the literal head or tail costs a comparison of those alone.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const first = glob.indexOf('*');
  if (first === -1) return (text) => text === glob;
  const last = glob.lastIndexOf('*');
  const head = glob.slice(0, first);
  const tail = glob.slice(last + 1);
  const pattern = steps(glob.slice(first, last + 1));
  return (text) =>
    text.length >= head.length + tail.length &&
    text.startsWith(head) &&
    text.endsWith(tail) &&
    matchSteps(pattern, text, head.length, text.length - tail.length);
}

/**
 * Whether some text that begins with `start` matches the glob: for all that may follow, so that where
 * the rest of a text is not known, too much is found rather than too little.
 */
export function compileGlobStart(glob: string): (start: string) => boolean {
  const pattern = steps(glob);
  return (start) => follow(pattern, start, 0, start.length).includes(1);
}

const WITHIN_SEGMENT = -1;
const ANYTHING = -2;
const SLASH = 0x2f;

/** Char codes, with runs of two or more stars as ANYTHING and single ones as WITHIN_SEGMENT. */
function steps(pattern: string): number[] {
  const result: number[] = [];
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '*') {
      result.push(pattern.charCodeAt(i));
      continue;
    }
    const start = i;
    while (pattern[i + 1] === '*') i++;
    result.push(i > start ? ANYTHING : WITHIN_SEGMENT);
  }
  return result;
}

function matchSteps(pattern: readonly number[], text: string, from: number, to: number): boolean {
  return follow(pattern, text, from, to)[pattern.length] === 1;
}

/**
 * How many steps a text of `length` characters can have behind it at most: each literal takes one. Beyond
 * them nothing needs to be followed, however long the pattern is.
 */
function within(pattern: readonly number[], length: number): number {
  let left = length;
  for (let s = 0; s < pattern.length; s++) {
    if ((pattern[s] as number) >= 0 && left-- === 0) return s;
  }
  return pattern.length;
}

/** `[s]`: the first `s` steps match the text; all s are followed at once. Shorter where no more can. */
function follow(pattern: readonly number[], text: string, from: number, to: number): Uint8Array {
  const most = within(pattern, to - from);
  const reached = new Uint8Array(most + 1);
  reached[0] = 1;
  skipStars(pattern, reached);
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    // Downwards, so that each step still sees its predecessor as it was before this character.
    for (let s = most; s >= 0; s--) {
      const stays = reached[s] === 1 && starTakes(pattern[s], code);
      const advances = s > 0 && reached[s - 1] === 1 && pattern[s - 1] === code;
      reached[s] = stays || advances ? 1 : 0;
    }
    skipStars(pattern, reached);
  }
  return reached;
}

function starTakes(step: number | undefined, code: number): boolean {
  return step === ANYTHING || (step === WITHIN_SEGMENT && code !== SLASH);
}

/** A star may also match nothing. */
function skipStars(pattern: readonly number[], reached: Uint8Array): void {
  for (let s = 0; s + 1 < reached.length; s++) {
    if (reached[s] === 1 && (pattern[s] as number) < 0) reached[s + 1] = 1;
  }
}
