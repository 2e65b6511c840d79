import { type Command, Option } from 'commander';
import { type AdminOptions, adminClient, adminOptions, wholeNumber } from './admin-options.ts';
import { countOf, formatCount } from './amounts.ts';
import { CommandError } from './command-error.ts';
import type { Terminal } from './terminal.ts';

interface Options extends AdminOptions {
  readonly host?: string;
  readonly scheme: 'http' | 'https';
  readonly rate?: string;
  readonly concurrency: string;
  readonly limit?: string;
}

const EXAMPLES = `
Examples:
  cacheside warm sitemap.xml --host shop.example --rate 50/s
  cacheside warm access.log.gz --limit 1000     the URLs that were asked for most
  sqlite3 shop.db "select '/products/' || id from products" | cacheside warm -`;

/** Fetches of an upstream that takes its time; ms. */
const PATIENCE = 10 * 60_000;

/** `cacheside warm FILE`: `POST /warm`, as often as it takes. */
export function addWarm(program: Command, terminal: Terminal): void {
  adminOptions(program.command('warm'))
    .description('fetch what a file names into the cache: paths or URLs, an access log, a sitemap')
    .argument('<file>', 'the file, gzip or not; - for standard input')
    .option(
      '--host <host>',
      'the Host that clients ask for, part of the cache key; by itself what the file names, or the address of the proxy',
    )
    .addOption(
      new Option('--scheme <scheme>', 'https where X-Forwarded-Proto is trusted and says so')
        .choices(['http', 'https'])
        .default('http'),
    )
    .option(
      '--rate <rate>',
      'at most so many a second: 50/s, 0.5/s; by itself as fast as the upstream answers',
    )
    .option('--concurrency <count>', 'fetches at the same time, 1 to 32', '4')
    .option('--limit <count>', 'the first so many; of a log what was asked for most')
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: Options) => warm(file, options, terminal));
}

async function warm(file: string, options: Options, terminal: Terminal): Promise<void> {
  const { stdout, stderr } = terminal;
  const concurrency = wholeNumber(options.concurrency, '--concurrency', 32);
  const limit =
    options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber(options.limit, '--limit', 1e9);
  const rate = options.rate === undefined ? undefined : parseRate(options.rate);
  const client = await adminClient(options, terminal);
  const { openTargets } = await import('../traffic/targets.ts');
  const { describeReading } = await import('../traffic/reading.ts');
  const { MOST_URLS, warmList } = await import('./warm-targets.ts');
  const targets = openTargets(file);
  const { paths, otherMethods, beyond } = await warmList(targets, {
    host: options.host,
    scheme: options.scheme,
    limit,
  });
  const notes = [
    ...describeReading(targets.reading),
    ...(otherMethods === 0
      ? []
      : [`${countOf(otherMethods, 'request')} of other methods than GET and HEAD: left out`]),
    ...(beyond === 0
      ? []
      : [`more than ${formatCount(MOST_URLS)} URLs: ${countOf(beyond, 'request')} for others left out`]),
  ];
  for (const note of notes) stderr.write(`${note}\n`);
  if (paths.length === 0)
    throw new CommandError(`${file === '-' ? 'standard input' : file} names nothing to fetch`);

  const { warmInBatches } = await import('./warm-batches.ts');
  const { createProgress, describeWarm } = await import('./warm-progress.ts');
  const progress = createProgress(paths.length, terminal);
  const signal = terminal.ended();
  signal.addEventListener('abort', () => stderr.write('stopping once what is under way is fetched\n'), {
    once: true,
  });
  let report: Awaited<ReturnType<typeof warmInBatches>> | undefined;
  const timeout = options.timeout === undefined ? PATIENCE : client.access.timeout;
  try {
    report = await warmInBatches(client, paths, {
      concurrency,
      rate,
      timeout,
      signal,
      onProgress(sum) {
        report = sum;
        progress.show(sum);
      },
    });
  } finally {
    progress.close();
    if (report !== undefined)
      stdout.write(
        options.json ? `${JSON.stringify(report, null, 2)}\n` : describeWarm(report, paths.length),
      );
  }
  terminal.exit(report.failed > 0 || report.requested < paths.length ? 3 : 0);
}

/** Per second. */
function parseRate(text: string): number {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,6})?)(?:\/(s|m))?$/.exec(text) ?? [];
  const rate = Number(number) / (unit === 'm' ? 60 : 1);
  if (number === undefined || rate <= 0)
    throw new CommandError('--rate: write how many a second, such as 50/s, 0.5/s or 30/m', 2);
  return rate;
}
