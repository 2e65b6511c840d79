import { z } from 'zod';
import { fieldNames, fieldValue } from './field.ts';
import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { section, yesNo } from './scalar.ts';
import { setting } from './setting.ts';

/** What clients are told. */
export const responseSettings = {
  response: setting(
    section({
      set: setting(
        z.record(z.string(), fieldValue, { error: 'expected names and values – write `{X-Name: value}`' }),
        'Response fields set towards clients.',
        D.response.set,
      ),
      remove: setting(fieldNames, 'Response fields removed towards clients.', D.response.remove),
      'cache-control': setting(
        fieldValue,
        "Replaces Cache-Control towards clients. Without it, the upstream's is passed on.",
      ),
      'cache-status-key': setting(
        yesNo,
        'Whether Cache-Status carries the cache key (RFC 9211 §2.7); values that may be secrets stand there digested.',
        D.response['cache-status-key'],
      ),
    }),
    'What clients are told.',
  ),
};
