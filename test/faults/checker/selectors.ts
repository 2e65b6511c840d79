import type { Random } from './random.ts';
import { HOST, PRODUCTS, pathOf, SHELVES } from './shop.ts';

/** One purge as the admin port takes it, and the products that it names. */
export interface Named {
  readonly selector: Readonly<Record<string, unknown>>;
  readonly ids: readonly number[];
}

const ALL = Array.from({ length: PRODUCTS }, (_, id) => id);
const ofShelf = (shelf: number) => ALL.filter((id) => id % SHELVES === shelf);
const urlOf = (id: number) => `http://${HOST}${pathOf(id)}`;

/** Every kind of selector, each so that it names this product at least. */
const KINDS: readonly ((id: number, random: Random) => Named)[] = [
  (id) => ({ selector: { url: urlOf(id) }, ids: [id] }),
  (id) => ({ selector: { url: pathOf(id) }, ids: [id] }),
  (id, random) => {
    const other = random.below(PRODUCTS);
    return { selector: { urls: [urlOf(id), urlOf(other)] }, ids: [id, other] };
  },
  (id) => ({ selector: { tag: `p-${id}` }, ids: [id] }),
  (id) => ({ selector: { tag: `shelf-${id % SHELVES}` }, ids: ofShelf(id % SHELVES) }),
  (id, random) => {
    const other = random.below(PRODUCTS);
    return { selector: { tags: [`p-${id}`, `p-${other}`] }, ids: [id, other] };
  },
  (id) => ({ selector: { route: `shelf${id % SHELVES}` }, ids: ofShelf(id % SHELVES) }),
  (id) => ({ selector: { prefix: `/products/${id % SHELVES}/` }, ids: ofShelf(id % SHELVES) }),
  (id) => ({ selector: { prefix: `http://${HOST}/products/` }, ids: ALL.length > id ? ALL : [] }),
  (id) => ({ selector: { glob: `/products/*/${id}` }, ids: [id] }),
  (id) => ({ selector: { glob: `/products/${id % SHELVES}/**` }, ids: ofShelf(id % SHELVES) }),
  () => ({ selector: { all: true }, ids: ALL }),
];

/** One of the kinds; those that name much come less often, or little would be left to serve. */
export function randomNamed(id: number, random: Random): Named {
  for (;;) {
    const named = random.pick(KINDS)(id, random);
    if (named.ids.length <= 2 || random.chance(0.3)) return named;
  }
}
