import type { Explanation } from '../admin/explanation.ts';
import { formatDuration } from '../config/duration.ts';
import { DETAILS, OTHERWISE } from '../observe/detail-meaning.ts';
import type { Detail } from '../policy/cache-status.ts';

/** What an operator reads first. */
export function summaryOf(explanation: Omit<Explanation, 'summary'>): string {
  const { prediction, routes, upstream } = explanation;
  const matched = routes.at(-1)?.matched ? routes.at(-1) : undefined;
  const route = matched === undefined ? 'No route matches' : `Route ${matched.name}`;
  const sentences = [`${route}: ${happens(explanation)}.`];
  const isUnstored = upstream?.verdict.kind === 'pass' && upstream.verdict.detail !== null;
  if (prediction.kind === 'forwarded' && isUnstored && upstream.verdict.detail !== null) {
    const detail: Detail = upstream.verdict.detail;
    const { meaning } = OTHERWISE.unstored[detail] ?? DETAILS[detail];
    const subject = upstream.verdict.subject === null ? '' : ` (${upstream.verdict.subject})`;
    sentences.push(`What the upstream answered last is not stored: ${meaning}${subject}.`);
  }
  return sentences.join(' ');
}

function happens({ prediction, memory, redis }: Omit<Explanation, 'summary'>): string {
  const { kind, detail, reason, subject, status } = prediction;
  const words = (detail ?? reason)?.meaning ?? '';
  const why = subject === null ? words : `${words} (${subject})`;
  switch (kind) {
    case 'served': {
      const stored =
        memory[0]?.stored?.use === 'unusable' ? redis?.stored : (memory[0]?.stored ?? redis?.stored);
      const left = stored === undefined || stored === null ? '' : `, ${ttlText(stored.ttl)}`;
      const isSaid = detail?.word === 'while-revalidating';
      const renewed = prediction.renews && !isSaid ? '; it is renewed in the background' : '';
      return `answered with what is stored${why === '' ? '' : `: ${why}`}${left}${renewed}`;
    }
    case 'forwarded':
      return `the upstream is asked: ${why}`;
    case 'waits':
      return 'it waits for a fetch of the same key that is under way';
    case 'turned-away':
    case 'answered':
    case 'refused':
      return `answered ${status ?? ''} by Cacheside itself: ${why}`;
    default:
      return kind satisfies never;
  }
}

/** ms. */
function ttlText(ttl: number): string {
  const text = formatDuration(Math.ceil(Math.abs(ttl) / 1000) * 1000);
  return ttl > 0 ? `for another ${text}` : `${text} past its time`;
}
