import type { ProductInput } from './product.ts';

const NOUNS: Readonly<Record<string, readonly string[]>> = {
  audio: ['headphones', 'speaker', 'turntable', 'microphone'],
  bicycles: ['bell', 'saddle', 'helmet', 'pannier'],
  books: ['atlas', 'cookbook', 'novel', 'field guide'],
  camping: ['tent', 'stove', 'sleeping bag', 'lantern'],
  clothing: ['jacket', 'scarf', 'shirt', 'pair of socks'],
  garden: ['trowel', 'watering can', 'seed tray', 'rake'],
  kitchen: ['kettle', 'skillet', 'whisk', 'chopping board'],
  lighting: ['desk lamp', 'pendant', 'candle holder', 'torch'],
  stationery: ['notebook', 'fountain pen', 'stapler', 'ruler'],
  toys: ['puzzle', 'kite', 'train set', 'marble run'],
};

const ADJECTIVES = ['Compact', 'Sturdy', 'Classic', 'Light', 'Quiet', 'Folding', 'Northern', 'Everyday'];
const MATERIALS = ['oak', 'steel', 'linen', 'ceramic', 'copper', 'wool', 'bamboo', 'glass'];

/** Categories of the seeded catalogue, in alphabetical order. */
export const CATEGORIES: readonly string[] = Object.keys(NOUNS);

/** How many products an empty database is filled with. */
export const SEED_COUNT = 1_000;

const FIRST_DAY = Date.UTC(2025, 0, 1);
const HOUR = 3_600_000;

/** The same products each time: product n is always called the same and costs the same. */
export function* seedProducts(): Generator<ProductInput & { readonly createdAt: string }> {
  const random = pseudoRandom(20_250_101);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  for (let n = 1; n <= SEED_COUNT; n++) {
    const category = CATEGORIES[(n - 1) % CATEGORIES.length] ?? '';
    const adjective = pick(ADJECTIVES);
    const material = pick(MATERIALS);
    const noun = pick(NOUNS[category] ?? []);
    yield {
      sku: `${category.slice(0, 3).toUpperCase()}-${String(n).padStart(5, '0')}`,
      name: `${adjective} ${material} ${noun}`,
      category,
      description: `A ${adjective.toLowerCase()} ${noun} with parts of ${material}, number ${n} of our ${category} range.`,
      priceCents: 199 + Math.floor(random() * 300) * 50,
      stock: Math.floor(random() * 200),
      createdAt: new Date(FIRST_DAY + n * HOUR).toISOString(),
    };
  }
}

/** A small generator (xorshift, 32 bits) whose sequence depends on its seed alone; numbers in [0, 1). */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
