import type { StoredResponse } from '../../src/policy/stored-response.ts';

/** A stored response of which only what the purge index reads matters. */
export function stored(over: Partial<StoredResponse> = {}): StoredResponse {
  return {
    key: 'key',
    variant: '',
    search: '',
    url: 'http://shop.test/products/1?full=1',
    route: 'product',
    rule: 'rule',
    tags: ['product:1', 'products'],
    status: 200,
    fields: [],
    body: new Uint8Array(0),
    requestTime: 0,
    responseTime: 0,
    initialAge: 0,
    lifetime: 60_000,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    mustRevalidate: false,
    alwaysValidate: false,
    asOf: 0,
    heard: -1,
    ...over,
  };
}
