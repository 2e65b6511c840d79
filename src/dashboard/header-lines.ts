/** Lines of a name, a colon and a value; fields of one name are one list. Throws an Error for any other line. */
export function headersIn(text: string): Record<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`“${line}” is no header: write name: value.`);
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = found.get(name);
    found.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(found);
}
