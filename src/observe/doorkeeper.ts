/** Bits of the filter: 128 KiB. */
const BITS = 2 ** 20;
/** Texts that it takes until it begins anew; with as many, one in seventy that is new is taken for known. */
const MOST = 2 ** 16;

/** Whether a text came before, lately; it is remembered from now on. Few that are new are taken for known, and none the other way round. */
export function createDoorkeeper(): (text: string) => boolean {
  const bits = new Uint32Array(BITS / 32);
  let taken = 0;
  /** True where it was set already. */
  const set = (bit: number): boolean => {
    const word = bit >>> 5;
    const mask = 1 << (bit & 31);
    const before = bits[word] as number;
    bits[word] = before | mask;
    return (before & mask) !== 0;
  };
  return (text) => {
    const hash = hashOf(text);
    // Both are set, whatever the first was.
    const [first, second] = [set(hash & (BITS - 1)), set(Math.imul(hash, 0x9e3779b1) >>> 12)];
    if (first && second) return true;
    if (++taken === MOST) {
      bits.fill(0);
      taken = 0;
    }
    return false;
  };
}

/** FNV-1a of its code units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
