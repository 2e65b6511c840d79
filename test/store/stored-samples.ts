import { parseNoVarySearch, searchOf } from '../../src/policy/no-vary-search.ts';
import type { RequestHead } from '../../src/policy/request.ts';
import type { SearchRecord, StoredResponse, VaryRecord } from '../../src/policy/stored-response.ts';

/** 2024-01-01, in ms: the time that the store's tests take for now. */
export const NOW = 1_704_067_200_000;

/** A stored response as the proxy makes one; override what the test is about. */
export function storedResponse(over: Partial<StoredResponse> = {}): StoredResponse {
  return {
    key: '4:http11:example.org/products',
    variant: '',
    search: '',
    url: 'http://example.org/products',
    route: 'products',
    rule: 'f00d',
    tags: ['products', 'product:1'],
    status: 200,
    fields: ['Content-Type', 'application/json', 'ETag', '"v1"', 'X-Name', 'Zo\u00eb \u00ff'],
    body: Buffer.from('{"id":1}'),
    requestTime: NOW - 20,
    responseTime: NOW,
    initialAge: 12.5,
    lifetime: 60_000,
    staleWhileRevalidate: 5_000,
    staleIfError: 10_000,
    mustRevalidate: false,
    alwaysValidate: false,
    asOf: 7,
    heard: 3,
    ...over,
  };
}

/** A record of Vary as that response leaves one; override what the test is about. */
export function varyRecord(over: Partial<VaryRecord> = {}): VaryRecord {
  const { search, url, route, tags, asOf } = storedResponse();
  const vary = ['accept', 'accept-language'];
  return { vary, until: NOW, expires: NOW, search, url, route, tags, asOf, heard: -1, ...over };
}

/** What `search` is for a response with this No-Vary-Search to a request with this query. */
export function searchFor(field: string, query: string): string {
  return searchOf(query, ruleFor(field));
}

/** The record that a response with this No-Vary-Search leaves. */
export function searchRecord(field = 'key-order, params=("utm" "%26")'): SearchRecord {
  return { searchRule: ruleFor(field), expires: NOW };
}

function ruleFor(field: string) {
  const rule = parseNoVarySearch(['No-Vary-Search', field]);
  if (rule === undefined) throw new Error(`${field} is no rule`);
  return rule;
}

/** A request with these field lines. */
export function requestWith(...fields: string[]): RequestHead {
  return { method: 'GET', scheme: 'http', authority: 'example.org', path: '/products', query: '', fields };
}
