import { z } from 'zod';
import { meant } from '../suggestion.ts';
import { parseAddress } from './address.ts';
import { DURATION, formatDuration, parseDuration } from './duration.ts';
import { type Parsed, shown } from './parsed.ts';
import { formatSize, parseSize, SIZE } from './size.ts';
import { parseUpstreamUrl } from './url.ts';

/** Text that `parse` understands. Anything else says what is wrong, in `parse`'s own words where it can. */
export function scalar<T>(
  parse: (text: string) => Parsed<T>,
  hints: { pattern?: string; examples?: string[] } = {},
) {
  const mistake = (input: unknown): string => {
    if (input === undefined) return `is missing${example(hints.examples)}`;
    if (typeof input !== 'number' && typeof input !== 'boolean')
      return `expected one value${example(hints.examples)}`;
    const parsed = parse(String(input));
    return 'problem' in parsed ? parsed.problem : `${shown(input)} is not text – put it in quotes`;
  };
  return z
    .string({ error: (issue) => mistake(issue.input) })
    .transform((text, context): T => {
      const parsed = parse(text);
      if ('value' in parsed) return parsed.value;
      context.addIssue(parsed.problem);
      return z.NEVER;
    })
    .meta(hints);
}

function example(examples: readonly string[] | undefined): string {
  return examples === undefined ? '' : ` – write for instance \`${examples[0]}\``;
}

/** A duration in ms between `from` and `to`, both included. */
export function duration(from: string, to: string) {
  return scalar((text) => within(text, from, to, parseDuration, formatDuration), {
    pattern: DURATION.source,
    examples: ['30s', '5m', '1h30m'],
  });
}

/** A size in bytes between `from` and `to`, both included. */
export function size(from: string, to: string) {
  return scalar((text) => within(text, from, to, parseSize, formatSize), {
    pattern: SIZE.source,
    examples: ['256MiB', '64KB'],
  });
}

function within(
  text: string,
  from: string,
  to: string,
  parse: (text: string) => Parsed<number>,
  format: (value: number) => string,
): Parsed<number> {
  const [parsed, least, most] = [parse(text), parse(from), parse(to)];
  if ('problem' in parsed || 'problem' in least || 'problem' in most) return parsed;
  if (parsed.value < least.value)
    return { problem: `${shown(text)} is too little – the least is \`${format(least.value)}\`` };
  if (parsed.value > most.value)
    return { problem: `${shown(text)} is too much – the most is \`${format(most.value)}\`` };
  return parsed;
}

/** How long something may be cached: up to ten years. */
export const lifetime = duration('0s', '3650d');

/** A time-out; timers of Node end at 24.8 days. */
export const timeout = duration('1ms', '1d');

function parseShare(text: string): Parsed<number> {
  const parts = /^(\d{1,2}(?:\.\d{1,3})?)%$/.exec(text);
  if (text === 'off') return { value: 0 };
  if (parts !== null) return { value: Number(parts[1]) / 100 };
  return { problem: `${shown(text)} is not a share below 100% – write \`10%\`, or \`off\`` };
}

/** `10%` as 0.1; `off` as 0. */
export const share = scalar(parseShare, {
  pattern: '^(off|\\d{1,2}(\\.\\d{1,3})?%)$',
  examples: ['10%', 'off'],
});

/** The same, and `all` as 1. */
export const shareOrAll = scalar(
  (text): Parsed<number> => {
    if (text === 'all') return { value: 1 };
    const parsed = parseShare(text);
    return 'problem' in parsed ? { problem: `${parsed.problem}, or \`all\`` } : parsed;
  },
  { pattern: '^(all|off|\\d{1,2}(\\.\\d{1,3})?%)$', examples: ['all', '1%'] },
);

export const address = scalar(parseAddress, { examples: ['127.0.0.1:8080', ':8080', '[::1]:8080'] });

export const upstreamUrl = scalar(parseUpstreamUrl, { examples: ['http://127.0.0.1:3000'] });

/** One of a few words. */
export function word<const W extends readonly [string, ...string[]]>(words: W) {
  return z.enum(words, {
    error: ({ input }) =>
      input === undefined
        ? `is missing – one of ${words.join(', ')}`
        : `${shown(input)} is not understood here – ${meant(typeof input === 'string' ? input : '', words)}`,
  });
}

/** true or false. */
export const yesNo = z.boolean({
  error: ({ input }) =>
    `${shown(input)} is neither true nor false – write \`true\` or \`false\`, without quotes`,
});

/** A whole number from `least` to `most`. */
export function count(least: number, most: number) {
  const error = ({ input }: { input: unknown }) => {
    const range = `a whole number from ${least} to ${most}`;
    return input === undefined
      ? `is missing – write ${range}`
      : `${shown(input)} is not ${range} – write one`;
  };
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** Text that is not empty and has no control characters. */
export const text = scalar((value): Parsed<string> => {
  if (value === '') return { problem: 'is empty – give it a value, or remove it' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\u0000-\u001f\u007f]/.test(value))
    return { problem: `${shown(value)} holds control characters – remove them` };
  return { value };
});

/** Up to 64 characters that are the same wherever they are written. `what`: its noun, such as `a name`. */
export function plainName(what: string, example: string) {
  return scalar(
    (value): Parsed<string> =>
      /^[A-Za-z0-9._:-]{1,64}$/.test(value)
        ? { value }
        : {
            problem: `${shown(value)} is not ${what} – use up to 64 letters, digits, \`.\`, \`_\`, \`:\` and \`-\``,
          },
    { examples: [example] },
  );
}

/** A list; what is no list says so. */
export function list<T extends z.ZodType>(item: T) {
  return z.array(item, { error: ({ input }) => `expected a list, not ${shown(input)} – write \`[a, b]\`` });
}

/** A section with exactly these keys. The message of unknown keys has one line per key, in their order. */
export function section<S extends z.core.$ZodLooseShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) => unknownKey(key, known)).join('\n');
      if (issue.code !== 'invalid_type') return undefined;
      if (issue.input === undefined) return `is missing – give it ${known.slice(0, 3).join(', ')} …`;
      return `expected keys and values, not ${shown(issue.input)} – known here: ${known.join(', ')}`;
    },
  });
}

/** What is said of a key that isn't known. */
export function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key ${shown(key)} – ${meant(key, known)}`;
}
