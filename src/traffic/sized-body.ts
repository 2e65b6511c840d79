/** Bodies that are kept for the next of their size. */
const MOST_KEPT = 50_000;

/**
 * Makes bodies of which only the size (bytes) is known: they say it as the memory tier asks for it, and have no bytes. One
 * of each size is enough, so that a million simulated responses take no room for theirs.
 */
export function createSizedBodies(): (size: number) => Uint8Array {
  const bodies = new Map<number, Uint8Array>();
  return (size) => {
    const known = bodies.get(size);
    if (known !== undefined) return known;
    const body = new Uint8Array(0);
    Object.defineProperties(body, {
      byteLength: { value: size },
      buffer: { value: Object.freeze({ byteLength: size }) },
    });
    if (bodies.size >= MOST_KEPT) bodies.clear();
    bodies.set(size, body);
    return body;
  };
}
