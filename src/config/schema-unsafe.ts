import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { section, yesNo } from './scalar.ts';
import { setting } from './setting.ts';

/** What is stored though RFC 9111 or caution forbids it. */
export const unsafeSettings = {
  unsafe: setting(
    section({
      'store-private': setting(
        yesNo,
        'Store although the response says `private`: one user may get what was meant for another.',
        D.unsafe['store-private'],
      ),
      'store-no-store': setting(
        yesNo,
        'Store although the response says `no-store`.',
        D.unsafe['store-no-store'],
      ),
      'store-authorized': setting(
        yesNo,
        'Store although the request carried Authorization and the response does not permit it (RFC 9111 §3.5).',
        D.unsafe['store-authorized'],
      ),
      'store-without-set-cookie': setting(
        yesNo,
        'Store a response with Set-Cookie, that field removed from the stored copy.',
        D.unsafe['store-without-set-cookie'],
      ),
      'store-with-set-cookie': setting(
        yesNo,
        'Store a response with Set-Cookie as it is: everybody is given the cookie that was meant for one.',
        D.unsafe['store-with-set-cookie'],
      ),
      'store-unproven-length': setting(
        yesNo,
        'Store a body that ends with its connection (HTTP/1.0): one that was cut short is taken for complete.',
        D.unsafe['store-unproven-length'],
      ),
    }),
    'Loud opt-ins to what RFC 9111 or caution forbids.',
  ),
};
