/** A prefix tree of names; `''` marks where one ends. */
interface Branch {
  [letter: string]: Branch;
}

/**
 * The source of a regular expression that matches exactly these field names, as a prefix tree: a plain alternation
 * of a hundred names would try each of them at every line. For names of letters, digits and `-`.
 */
export function namePattern(names: Iterable<string>): string {
  const root: Branch = Object.create(null);
  for (const name of names) {
    let branch = root;
    for (const letter of name) {
      branch[letter] ??= Object.create(null) as Branch;
      branch = branch[letter];
    }
    branch[''] = Object.create(null) as Branch;
  }
  return sourceOf(root);
}

function sourceOf(branch: Branch): string {
  const further = Object.entries(branch).filter(([letter]) => letter !== '');
  const alternatives = further.map(([letter, next]) => letter + sourceOf(next));
  if (alternatives.length === 0) return '';
  const source = `(?:${alternatives.join('|')})`;
  return '' in branch ? `${source}?` : source;
}
