import type { Command } from 'commander';
import type { HotKey, KeyListing, MissedUrl, StoredKey } from '../admin/key-listing.ts';
import { type AdminOptions, adminClient, adminOptions, wholeNumber } from './admin-options.ts';
import { formatBytes, formatCount, formatSpan } from './amounts.ts';
import { columns, type Line, paint } from './paint.ts';
import { isColored, type Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';

interface Options extends AdminOptions {
  readonly limit: string;
  readonly prefix?: string;
}

const MOST = 1_000;

/** `cacheside keys`: `GET /keys`. */
export function addKeys(program: Command, terminal: Terminal): void {
  adminOptions(program.command('keys'))
    .description('what is used most, what is missed most and why, and with --prefix what is stored')
    .option('--limit <count>', `how many of each, at most ${MOST}`, '20')
    .option('--prefix <path>', 'list what memory holds of the paths that begin so')
    .action(async (options: Options) => {
      const limit = wholeNumber(options.limit, '--limit', MOST);
      const client = await adminClient(options, terminal);
      const query = new URLSearchParams({ limit: String(limit) });
      if (options.prefix !== undefined) query.set('prefix', options.prefix);
      const { text, body } = await client.call<KeyListing>({ method: 'GET', path: `/keys?${query}` }, [
        'since',
        'hottest',
        'missed',
      ]);
      const { stdout } = terminal;
      if (options.json) stdout.write(text);
      else {
        // A URL is there to be copied: where it is wider than the terminal, that breaks it.
        const paper = { width: Number.POSITIVE_INFINITY, isColored: isColored(terminal, stdout) };
        const lines = listing(body, Date.now());
        stdout.write(`${lines.map((line) => paint(line, paper)).join('\n')}\n`);
      }
    });
}

function listing({ since, hottest, missed, stored, truncated = false }: KeyListing, now: number): Line[] {
  const when = `since ${new Date(since).toISOString().replace('T', ' ').replace(/\..*/, 'Z')}`;
  if (stored !== undefined) {
    return [
      ...table(`stored in memory${truncated ? ', the most used' : ''}`, stored, keyRow),
      ...(truncated ? [[{ text: 'there is more: raise --limit', style: 'yellow' as const }]] : []),
    ];
  }
  return [
    ...table(`most used, ${when}`, hottest, keyRow),
    [],
    ...(missed.length === 0
      ? [[{ text: `nothing missed, ${when}`, style: 'bold' as const }]]
      : [
          [{ text: `most missed, ${when}`, style: 'bold' as const }],
          ...columns(
            [
              headings(['misses', 'last', 'route', 'why', 'url']),
              ...missed.map((one) => missedRow(one, now)),
            ],
            new Set([0, 1]),
          ),
        ]),
  ];
}

function table(title: string, keys: readonly HotKey[], row: (key: HotKey) => Line): Line[] {
  if (keys.length === 0) return [[{ text: `${title}: nothing`, style: 'bold' }]];
  const heading = headings(['uses', 'status', 'body', 'age', 'fresh for', 'route', 'url', 'tags']);
  return [
    [{ text: title, style: 'bold' }],
    ...columns([heading, ...keys.map(row)], new Set([0, 1, 2, 3, 4])),
  ];
}

function headings(names: readonly string[]): Line {
  return names.map((text) => ({ text, style: 'dim' as const }));
}

function keyRow(key: HotKey): Line {
  const uses = `~${formatCount(key.uses)}`;
  if (key.url === null) return [uses, '', '', '', 'gone', '', visibleText(key.key), ''];
  const { status, bytes, age, ttl, route, url, variant, tags }: StoredKey = key;
  return [
    uses,
    String(status),
    formatBytes(bytes),
    formatSpan(age),
    ttl > 0 ? formatSpan(ttl) : { text: 'stale', style: 'yellow' },
    visibleText(route),
    visibleText(variant === '' ? url : `${url} (${variant})`),
    visibleText(tags.join(' ')),
  ];
}

function missedRow({ misses, at, route, why, url }: MissedUrl, now: number): Line {
  const reasons = Object.entries(why).sort(([, a], [, b]) => (b ?? 0) - (a ?? 0));
  return [
    formatCount(misses),
    `${formatSpan(Math.max(0, now - at))} ago`,
    route === null ? '(none)' : visibleText(route),
    reasons
      .map(([word, count]) => (reasons.length === 1 ? word : `${word} ${formatCount(count ?? 0)}`))
      .join(', '),
    visibleText(url),
  ];
}
