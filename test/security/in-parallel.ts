/** Runs `one` for each of `all`, this many at a time. */
export async function inParallel<T>(
  all: readonly T[],
  one: (each: T) => Promise<void>,
  width = 24,
): Promise<void> {
  const rest = all[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const each of rest) await one(each);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
