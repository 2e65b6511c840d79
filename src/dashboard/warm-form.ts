import type { WarmReport } from '../admin/warm.ts';
import type { AdminPort } from './admin-port.ts';
import { byId, element, fill, setText } from './element.ts';
import { failureText } from './failure-text.ts';
import { count, span } from './figures.ts';
import { fieldOf } from './form-field.ts';
import { pairs } from './pairs.ts';
import { addReports, batchesOf, NOTHING_WARMED } from './warm-batches.ts';

/** The form that has paths fetched, some at a time, so that it can tell how far it is and be stopped. */
export function createWarmForm(port: AdminPort, onWarmed: () => void): void {
  const form = byId('warm-form');
  const result = byId('warm-result');
  const paths = fieldOf('warm-paths', HTMLTextAreaElement);
  const host = fieldOf('warm-host', HTMLInputElement);
  const concurrency = fieldOf('warm-concurrency', HTMLInputElement);
  const stop = byId('warm-stop');
  let underWay: AbortController | undefined;

  async function warm(): Promise<void> {
    const wanted = paths.value
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    if (wanted.length === 0) return fill(result, element('p', { class: 'error' }, 'No path is given.'));
    const abort = new AbortController();
    underWay = abort;
    stop.hidden = false;
    const bar = element('progress', { max: wanted.length, value: 0, 'aria-label': 'Paths fetched' });
    const said = element('p');
    fill(result, bar, said);
    let report = NOTHING_WARMED;
    let failure: unknown;
    for (const batch of batchesOf(wanted)) {
      setText(said, `${count(report.requested)} of ${count(wanted.length)} paths …`);
      const order = { paths: batch, concurrency: Number(concurrency.value) };
      const hosted = host.value.trim() === '' ? order : { ...order, host: host.value.trim() };
      try {
        report = addReports(
          report,
          (await port.post('warm', hosted, { signal: abort.signal })) as WarmReport,
        );
      } catch (error) {
        failure = error;
        break;
      }
      bar.value = report.requested;
    }
    underWay = undefined;
    stop.hidden = true;
    fill(result, ending(failure, abort.signal.aborted), reportView(report, wanted.length));
    onWarmed();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (underWay === undefined) void warm();
  });
  stop.addEventListener('click', () => underWay?.abort());
}

function ending(failure: unknown, stopped: boolean): HTMLElement | undefined {
  if (stopped)
    return element('p', { 'data-level': 'warn' }, 'Stopped. What was under way may have been stored.');
  return failure === undefined ? undefined : failureText(failure);
}

function reportView(report: WarmReport, wanted: number): HTMLElement {
  const { requested, stored, hit, notStored, failed, duration, reasons, failures } = report;
  const why = Object.entries(reasons).map(([word, n]) => `${word} ${count(n)}`);
  return element(
    'div',
    {},
    pairs([
      ['Paths', requested === wanted ? count(requested) : `${count(requested)} of ${count(wanted)}`],
      ['Stored', count(stored)],
      ['Already there', count(hit)],
      ['Not stored', notStored === 0 ? '0' : `${count(notStored)}: ${why.join(', ')}`],
      ['Failed', count(failed)],
      ['Took', span(duration)],
    ]),
    failures.length > 0 &&
      element(
        'ul',
        { class: 'plain' },
        ...failures.map(({ path, why: reason }) => element('li', { class: 'error' }, `${path}: ${reason}`)),
      ),
  );
}
