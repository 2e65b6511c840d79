/**
 * `count` numbers from 0 to `keys` - 1, of which the k-th is drawn in proportion to 1 / (k + 1): Zipf's law
 * with exponent 1, as requests for products go. The same numbers each time.
 */
export function zipf(keys: number, count: number): number[] {
  const cumulative = new Float64Array(keys);
  let sum = 0;
  for (let k = 0; k < keys; k++) {
    sum += 1 / (k + 1);
    cumulative[k] = sum;
  }
  const random = xorshift(2_463_534_242);
  return Array.from({ length: count }, () => firstAbove(cumulative, random() * sum));
}

/** Index of the first value above `wanted`, by bisection. */
function firstAbove(ascending: Float64Array, wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Numbers in [0, 1), by xorshift (Marsaglia 2003) with a period of 2^32 - 1. */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
