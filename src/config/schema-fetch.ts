import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { size, timeout, word, yesNo } from './scalar.ts';
import { orOff, setting } from './setting.ts';
import { parseSize, SIZE } from './size.ts';

/** What is asked of the upstream, by how many at once, for how long, and how much of it is stored. */
export const fetchSettings = {
  post: setting(
    yesNo,
    "Whether a POST's response is stored for later GETs where it states how long it is fresh and its Content-Location names the target (RFC 9110 §9.3.3), and a GET with the same fields would not have bypassed the cache. A POST itself always goes to the upstream.",
    D.post,
  ),
  range: setting(
    word(['whole', 'part']),
    'What a Range fetches that nothing stored can answer: the `whole` response, which is stored while the part is sent, or that `part`, of which nothing is stored.',
    D.range,
  ),
  collapse: setting(
    word(['process', 'off', 'replicas']),
    'Whether simultaneous requests for one missing key share one upstream request: those of this process, or, by way of Redis, those of all `replicas`.',
    D.collapse,
  ),
  'collapse-timeout': setting(
    timeout,
    'How long a request waits for the one it shares before it goes to the upstream itself.',
    D['collapse-timeout'],
  ),
  'max-body': setting(size('0B', '1GiB'), 'Larger bodies pass through and are not stored.', D['max-body']),
  'max-request-body': setting(
    orOff(parseSize, { pattern: `^off$|${SIZE.source}`, examples: ['1MiB', 'off'] }),
    'A request with a larger body is answered 413, however its end is announced. Default: `1MiB`; `off` with `cache: false`, and where there are neither routes nor ttl. What no route matches has no limit.',
  ),
  timeout: setting(
    timeout,
    "Over an upstream exchange on this route, ahead of the upstream's own `timeout`.",
  ),
};
