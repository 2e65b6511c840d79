/** Written like a number, a UUID, a hash, a token, a date or an address: one of many of its kind, by itself. */
const IDS = [
  /^\d+$/,
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  /^(?=.*\d)[0-9a-f]{8,}$/i,
  /^(?=.*\d)(?=.*[A-Za-z])[\w-]{20,}$/,
  /^\d{4}-\d\d(?:-\d\d)?$/,
  /@|%40/,
  /^[a-z]{1,4}[-_]?\d{3,}$/i,
];

/** A version of an API is none of many. */
const VERSION = /^v\d+(?:\.\d+)*$/i;

/** True for a segment of a path that stands for one thing among many, whatever stands beside it. */
export function isId(segment: string): boolean {
  return !VERSION.test(segment) && IDS.some((id) => id.test(segment));
}

/** True for what could be the title of one thing among many: words joined, or with a number in it. */
export function isSlug(segment: string): boolean {
  return !VERSION.test(segment) && (/^[^.]+[-_][^.]+$/.test(segment) || /\d/.test(segment));
}

const FILE = /\.(?:css|m?js|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|otf|mp[34]|webm|pdf|wasm)$/i;

/** True for what is named like a file that is deployed, not made. */
export function isStaticFile(segment: string): boolean {
  return FILE.test(segment);
}

const PERSONAL = new Set([
  ...[
    'me',
    'my',
    'self',
    'account',
    'accounts',
    'profile',
    'profiles',
    'settings',
    'preferences',
    'dashboard',
  ],
  ...[
    'login',
    'logout',
    'signin',
    'signout',
    'signup',
    'register',
    'auth',
    'oauth',
    'oauth2',
    'sso',
    'token',
  ],
  ...['tokens', 'session', 'sessions', 'password', 'admin', 'cart', 'carts', 'basket', 'baskets', 'checkout'],
  ...['order', 'orders', 'invoice', 'invoices', 'billing', 'payment', 'payments', 'subscription', 'wallet'],
  ...['wishlist', 'favorites', 'favourites', 'bookmarks', 'notifications', 'inbox', 'messages', 'addresses'],
]);

/** True for a word that names what is one person's more often than not. */
export function isPersonal(segment: string): boolean {
  return PERSONAL.has(segment.toLowerCase());
}

const MOMENTARY = new Set([
  ...['health', 'healthz', 'healthcheck', 'livez', 'readyz', 'live', 'ready', 'ping', 'status', 'metrics'],
]);

/** True for a word that asks how the service is now. */
export function isMomentary(segment: string): boolean {
  return MOMENTARY.has(segment.toLowerCase());
}

/** In front of the names of resources, and none of them. */
export function isPrefix(segment: string): boolean {
  return VERSION.test(segment) || /^(?:api|apis|rest|public|graphql)$/i.test(segment);
}

/** `product` of `products`, as far as that can be seen from the letters. */
export function singular(word: string): string {
  if (/[^aeiou]ies$/i.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x|z)es$/i.test(word)) return word.slice(0, -2);
  return /[^su]s$/i.test(word) && word.length > 3 ? word.slice(0, -1) : word;
}
