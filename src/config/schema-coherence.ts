import { duration, plainName, section } from './scalar.ts';
import { key, optional } from './setting.ts';

/** The section `coherence`. */
export const coherence = section({
  lease: key(
    duration('100ms', '1h'),
    'How long a sidecar that cannot hear of purges goes on as if there were none. Beyond it, each route does as its `beyond-lease` says.',
    '5s',
  ),
  cap: key(
    duration('0s', '1d'),
    'Beyond the lease: how long a stored response is trusted since it was fetched or last validated.',
    '30s',
  ),
  history: key(
    duration('1m', '3650d'),
    'How long purges stay in the log, of which Redis keeps about the last 100,000 at most. A sidecar that starts takes what was stored before the oldest of them for purged: more than the longest lifetime leaves nothing to take.',
    '7d',
  ),
  replica: optional(
    plainName('a name', 'shop-7f9c'),
    'Name of this replica in receipts and purge history. Without it, the name of the host and the port.',
  ),
});
