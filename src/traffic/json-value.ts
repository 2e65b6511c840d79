export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first that is there and not null. */
export function firstOf(line: JsonObject, names: readonly string[]): unknown {
  const name = names.find((candidate) => line[candidate] !== undefined && line[candidate] !== null);
  return name === undefined ? undefined : line[name];
}

/** The first that is a text and not empty. */
export function textOf(line: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = line[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** The first that is a number, or written like one; not negative. */
export function numberOf(line: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = line[name];
    const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && number >= 0) return number;
  }
  return undefined;
}
