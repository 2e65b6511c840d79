import { z } from 'zod';
import { type Parsed, shown } from './parsed.ts';
import { count, duration, list, scalar, section } from './scalar.ts';
import { key, orOff } from './setting.ts';

const percent = scalar(
  (text): Parsed<number> => {
    const share = /^(\d{1,3})%$/.exec(text)?.[1];
    if (share !== undefined && Number(share) >= 1 && Number(share) <= 100)
      return { value: Number(share) / 100 };
    return { problem: `${shown(text)} is not a share between 1% and 100% – write for instance \`50%\`` };
  },
  { pattern: '^\\d{1,3}%$', examples: ['50%'] },
);

const failureStatus = scalar(
  (text): Parsed<readonly number[]> => {
    if (text === '5xx') return { value: Array.from({ length: 100 }, (_, i) => 500 + i) };
    if (/^[45]\d\d$/.test(text)) return { value: [Number(text)] };
    return { problem: `${shown(text)} is not a status of failure – write \`503\` or \`5xx\`` };
  },
  { pattern: '^([45]\\d\\d|5xx)$', examples: ['503', '5xx'] },
);

const status = z.union([count(400, 599).transform((one): readonly number[] => [one]), failureStatus], {
  error: 'expected a status such as 503, or `5xx`',
});

/** The section `upstream.breaker`. */
export const breaker = z.union(
  [
    orOff(
      (value) =>
        ({
          problem: `${shown(value)} is not understood here – write \`off\`, or \`{failures: 50%}\``,
        }) as Parsed<'off'>,
      { pattern: '^off$', examples: ['off'] },
    ),
    section({
      failures: key(
        percent,
        'Share of the exchanges of a route that has to fail before nothing of that route is sent any more.',
        '50%',
      ),
      'at-least': key(count(1, 1_000_000), 'Exchanges below which the share says nothing.', 20),
      within: key(duration('1s', '1h'), 'How far back exchanges count.', '10s'),
      open: key(
        duration('100ms', '1h'),
        'How long nothing is sent before one request is tried; twice as long each time that fails.',
        '1s',
      ),
      longest: key(duration('100ms', '1h'), 'The longest that this becomes.', '30s'),
      statuses: key(
        list(status).transform((all): ReadonlySet<number> => new Set(all.flat())),
        'Statuses of the upstream that are failures, beside no whole answer at all.',
        [500, 502, 503, 504],
      ),
    }).superRefine(({ open, longest }, context) => {
      if (longest >= open) return;
      context.addIssue({
        code: 'custom',
        message: 'is shorter than `open` – raise it, or lower `open`',
        path: ['longest'],
      });
    }),
  ],
  { error: 'expected `off` or keys and values – write `breaker: {failures: 50%}`' },
);
