import { createLogUpdate } from 'log-update';
import type { WarmReport } from '../admin/warm.ts';
import { countOf, formatCount, formatRateOf, formatShare, formatSpan } from './amounts.ts';
import { flow } from './flow.ts';
import { bar, type Line, paint } from './paint.ts';
import { isColored, type Terminal } from './terminal.ts';
import { visibleText } from './visible-text.ts';

export interface Progress {
  show(report: WarmReport): void;
  /** Takes it off the screen. */
  close(): void;
}

const BAR = 24;
/** Between two lines where there is no terminal; ms. */
const EVERY = 10_000;

/** On standard error: a bar in place, or a line now and then. */
export function createProgress(total: number, terminal: Terminal): Progress {
  const { stderr, env } = terminal;
  const update =
    stderr.isTTY === true && env['TERM'] !== 'dumb'
      ? createLogUpdate(stderr, { showCursor: true })
      : undefined;
  let told = 0;
  return {
    show(report) {
      if (update !== undefined) {
        const width = stderr.columns ?? 80;
        const paper = { width, isColored: isColored(terminal, stderr) };
        update(
          flow({ label: 'warming', pieces: pieces(report, total, true) }, width)
            .map((line) => paint(line, paper))
            .join('\n'),
        );
      } else if (report.duration >= told + EVERY) {
        told = report.duration;
        const texts = pieces(report, total, false).map((piece) => paint(piece, PLAIN));
        stderr.write(`${texts.join('  ')}\n`);
      }
    },
    close() {
      update?.clear();
      update?.done();
    },
  };
}

const PLAIN = { width: Number.POSITIVE_INFINITY, isColored: false };

function pieces(report: WarmReport, total: number, hasBar: boolean): Line[] {
  const { requested, stored, hit, notStored, failed, duration } = report;
  const share = total === 0 ? 1 : requested / total;
  const left = requested === 0 ? 0 : ((total - requested) * duration) / requested;
  return [
    ...(hasBar ? [[{ text: bar(share, BAR), style: 'cyan' } as const]] : []),
    [`${formatCount(requested)} of ${formatCount(total)} (${formatShare(share)})`],
    [`stored ${formatCount(stored)}`],
    [`hit ${formatCount(hit)}`],
    [`not stored ${formatCount(notStored)}`],
    failed === 0 ? ['failed 0'] : [{ text: `failed ${formatCount(failed)}`, style: 'red' }],
    [formatRateOf(requested, duration)],
    ...(left >= 1_000 ? [[`${formatSpan(left)} left`]] : []),
  ];
}

/** The sum for people. */
export function describeWarm(report: WarmReport, total: number): string {
  const { requested, stored, hit, notStored, failed, duration, reasons, failures } = report;
  const whole = requested === total ? '' : ` of ${formatCount(total)}, and then stopped`;
  const lines = [
    `${countOf(requested, 'URL')}${whole}, in ${formatSpan(duration)}: ${formatCount(stored)} stored, ${formatCount(hit)} there already, ${formatCount(notStored)} not stored, ${formatCount(failed)} failed`,
  ];
  const why = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  if (why.length > 0)
    lines.push('not stored:', ...why.map(([word, count]) => `  ${formatCount(count)} ${visibleText(word)}`));
  if (failures.length > 0) {
    lines.push('failed:', ...failures.map(({ path, why }) => `  ${visibleText(path)}: ${visibleText(why)}`));
    if (failed > failures.length) lines.push(`  and ${formatCount(failed - failures.length)} more`);
  }
  return `${lines.join('\n')}\n`;
}
