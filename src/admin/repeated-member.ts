/** The structure of a JSON text: strings whole, and what opens, closes and separates. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs;

/**
 * The first name that stands twice in one object of a JSON text; undefined where none does. The text must have
 * been parsed as JSON before. Readers differ in which of the two they believe (RFC 8259 §4).
 */
export function repeatedMember(json: string): string | undefined {
  /** Names of the objects around, innermost last; undefined for a list. */
  const around: (Set<string> | undefined)[] = [];
  let last = '';
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{') around.push(new Set());
    else if (token === '[') around.push(undefined);
    else if (token === '}' || token === ']') around.pop();
    else if (token === ':') {
      const name = String(JSON.parse(last));
      const names = around.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
    last = token;
  }
  return undefined;
}
