import { fieldNames } from './field.ts';
import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { section, word } from './scalar.ts';
import { setting } from './setting.ts';

/** What becomes of the request fields that are not in the key. */
export const requestSettings = {
  cookies: setting(
    word(['bypass', 'strip', 'ignore']),
    'A request with cookies that the key does not name: `bypass` the cache, `strip` them from the upstream request, or `ignore` them as RFC 9111 does. Without routes and ttl the default is `ignore`.',
    D.cookies,
  ),
  'request-fields': setting(
    section({
      strip: setting(
        fieldNames,
        'Request fields removed before the upstream sees them.',
        D['request-fields'].strip,
      ),
      forward: setting(
        fieldNames,
        'Request fields that are forwarded though not in the key: vouch that they never change the response.',
        D['request-fields'].forward,
      ),
      normalise: setting(
        fieldNames,
        'Request fields that are lists in which order, letter case and white space do not matter, such as Accept-Language: brought into one form before they are keyed and sent, so that fewer variants are stored.',
        D['request-fields'].normalise,
      ),
      unknown: setting(
        word(['bypass', 'ignore']),
        'A request with a field that nobody vouched for: `bypass` the cache, or `ignore` it as RFC 9111 does. Fields known to alter routing, such as X-Original-URL, and names that an upstream may take for a known one, such as X_Forwarded_Host, are removed either way. Without routes and ttl the default is `ignore`.',
        D['request-fields'].unknown,
      ),
    }),
    'Request fields that are not in the key.',
  ),
  'request-cache-control': setting(
    word(['honour', 'ignore']),
    "Whether a client's Cache-Control may ask for more than the stored response.",
    D['request-cache-control'],
  ),
};
