import { CODINGS } from '../policy/content-coding.ts';
import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { list, word, yesNo } from './scalar.ts';
import { concurrency } from './schema-concurrency.ts';
import { fetchSettings } from './schema-fetch.ts';
import { keySettings } from './schema-key.ts';
import { lifetimeSettings } from './schema-lifetime.ts';
import { requestSettings } from './schema-request.ts';
import { responseSettings } from './schema-response.ts';
import { tagSettings } from './schema-tags.ts';
import { unsafeSettings } from './schema-unsafe.ts';
import { setting } from './setting.ts';

/** Every setting of a route but what tells routes apart, in the order of the reference; `defaults` takes the same. */
export const routeSettings = {
  cache: setting(
    yesNo,
    'Whether responses may be stored. `false`: requests are forwarded and nothing is stored.',
    D.cache,
  ),
  ...lifetimeSettings,
  ...keySettings,
  ...requestSettings,
  ...tagSettings,
  ...fetchSettings,
  ...responseSettings,
  ...unsafeSettings,
  compress: setting(
    list(word(CODINGS)),
    'Content codings that stored responses are compressed in, once and in the background, in order of preference; a hit is sent in the one that its client likes best. The upstream is asked for what is not compressed. docs/compression.md says which responses these are. `zstd` needs Node 22.15, or 23.8 and later.',
    D.compress,
  ),
  'beyond-lease': setting(
    word(['cap', 'serve', 'bypass']),
    'What a stored response is worth once purges may have been missed for longer than `coherence.lease`: it is trusted up to `coherence.cap` and then validated, served as ever, or the route goes by the cache.',
    D['beyond-lease'],
  ),
  concurrency: setting(
    concurrency,
    'How many requests of this route are at the upstream at once: a number, a section, or `off`. docs/admission.md says which count, and who waits.',
    D.concurrency,
  ),
};
