import { z } from 'zod';
import type { ConcurrencyRule } from '../policy/route-rule.ts';
import { type Parsed, shown } from './parsed.ts';
import { count, section, timeout } from './scalar.ts';
import { orOff, setting } from './setting.ts';

/**
 * Requests that may wait for each one at the upstream: where answers take half a second, the last of them waits
 * two, and clients still want the answer. More of them would only wait for their time-out.
 */
const WAITING = 4;
/** ms. */
const TIMEOUT = 5_000;

const limit = count(1, 100_000);

/** A route's `concurrency`. */
export const concurrency = z
  .union(
    [
      orOff(
        (value) =>
          ({
            problem: `${shown(value)} is not understood here – write a number, or \`off\``,
          }) as Parsed<'off'>,
        { pattern: '^off$', examples: ['off'] },
      ),
      limit,
      section({
        limit: limit.meta({ description: 'Requests at the upstream at once.' }),
        queue: setting(
          count(0, 1_000_000),
          'Requests that may wait for their turn; more are answered 503. Without it, four times the limit.',
        ),
        timeout: setting(
          timeout,
          'How long after its arrival a request may still wait for its turn; then it is answered 503. Without it, 5 s.',
        ),
      }),
    ],
    { error: 'expected a number, `off`, or keys and values – write `concurrency: 20`' },
  )
  .transform((written): ConcurrencyRule | 'off' => {
    if (written === 'off') return written;
    const { limit: most, queue, timeout: wait } = typeof written === 'number' ? { limit: written } : written;
    return { limit: most, queue: queue ?? WAITING * most, timeout: wait ?? TIMEOUT };
  });
