/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(replace, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
}

const plain = (word: string): string => word.toLowerCase().replace(/[-_ .]/g, '');

/** One word begins with the other, as `warning` does with `warn`. */
function extendsOther(a: string, b: string): boolean {
  return Math.min(a.length, b.length) >= 3 && (a.startsWith(b) || b.startsWith(a));
}

/**
 * The known word that was probably meant: at most a third of it differs, or one begins with the
 * other. undefined where none is close.
 */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const [given, written] = [plain(word), plain(candidate)];
    const edits = distance(given, written);
    const close = edits <= Math.max(1, Math.floor(candidate.length / 3)) || extendsOther(given, written);
    if (close && edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

/** More known words than this are not listed. */
const MOST = 40;

/** `did you mean …?`, or what is known where nothing is close. */
export function meant(word: string, known: readonly string[]): string {
  const close = suggestion(word, known);
  if (close !== undefined) return `did you mean \`${close}\`?`;
  if (known.length === 0) return 'none are known here';
  return `known here: ${known.slice(0, MOST).join(', ')}${known.length > MOST ? ', …' : ''}`;
}
