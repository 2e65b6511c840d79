/** What stands at a path of a document that was parsed; undefined where something on the way is missing. */
export function dig(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, step);
  }
  return found;
}

/** The same where it is a list; empty where it is none. */
export function list(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = dig(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The one of a list that has this name. */
export function named(items: readonly unknown[], name: string): unknown {
  return items.find((item) => dig(item, 'name') === name);
}

/** Keys of a section; empty where it is none. */
export function keys(value: unknown, ...path: readonly (string | number)[]): string[] {
  const found = dig(value, ...path);
  return typeof found === 'object' && found !== null ? Object.keys(found) : [];
}
