import type { Explanation, Foreseen, WordMeaning } from '../admin/explanation.ts';
import { type Child, element } from './element.ts';
import { span } from './figures.ts';
import { pairs } from './pairs.ts';
import { prose } from './prose.ts';

type Prediction = Explanation['prediction'];

const KINDS: Readonly<Record<Prediction['kind'], string>> = {
  served: 'It is answered from what is stored.',
  forwarded: 'The upstream is asked.',
  waits: 'It waits for a fetch of the same key that is under way.',
  'turned-away': 'It is answered 503: the upstream is not to be asked now.',
  answered: 'Cacheside answers it itself.',
  refused: 'It is no valid request, and refused.',
};

const WAITS: Readonly<Record<NonNullable<Prediction['waitsFor']>, string>> = {
  turn: "a turn of its route's concurrency",
  flight: 'a fetch that is under way here',
  replica: 'a fetch that is under way at another replica',
};

/** What becomes of the request, in the words of Cache-Status, and what they mean. */
export function predictionView({ prediction, worker }: Explanation): HTMLElement {
  const { kind, cacheStatus, outcome, status, reason, detail, subject, breaker, probeIn, coherence } =
    prediction;
  return pairs([
    ['Now', [element('b', {}, KINDS[kind]), prediction.renews && ' It is renewed in the background.']],
    [
      'Cache-Status',
      cacheStatus === null ? undefined : element('code', { id: 'explained-status' }, cacheStatus),
    ],
    ['Outcome', outcomeText(outcome, status)],
    ['Reason', reason === null ? undefined : meaning(reason)],
    ['Detail', detail === null ? undefined : meaning(detail, subject)],
    ['Stages', prediction.trace.join(' → ')],
    ['Waits for', prediction.waitsFor === null ? undefined : WAITS[prediction.waitsFor]],
    ['If the upstream answers as last', foreseen(prediction.asLastTime)],
    ['If the upstream fails', foreseen(prediction.ifUpstreamFails)],
    [
      'Breaker',
      breaker === 'off' ? undefined : probeIn > 0 ? `${breaker}, tried in ${span(probeIn)}` : breaker,
    ],
    [
      'Remembered',
      prediction.uncacheableNow
        ? 'The last answer under this key could not be shared: nobody waits for another’s fetch just now.'
        : undefined,
    ],
    [
      'Purges',
      coherence.beyondLease
        ? 'Not heard of for longer than the lease.'
        : coherence.trusted
          ? undefined
          : 'The purge log cannot be followed now: Redis is not read.',
    ],
    ['As seen by', worker === null ? undefined : `worker ${worker}`],
  ]);
}

function outcomeText(outcome: string, status: number | null): readonly Child[] {
  const word = element('b', { class: 'outcome', 'data-outcome': outcome }, outcome);
  return [word, status === null ? ', with the status of the upstream' : `, status ${status}`];
}

function meaning(
  { word, meaning: means, cure }: WordMeaning,
  subject: string | null = null,
): readonly Child[] {
  const named = subject === null ? word : `${word} ${subject}`;
  const told = [element('code', {}, named), ' ', ...prose(means)];
  return cure === null ? told : [...told, ' ', element('span', { class: 'cure' }, ...prose(cure))];
}

function foreseen(foreseen: Foreseen | null): Child | readonly Child[] {
  if (foreseen === null) return undefined;
  const { outcome, status, stored, cacheStatus } = foreseen;
  return [
    `${outcome}, status ${status}, ${stored ? 'and it is stored' : 'and it is not stored'} `,
    element('code', {}, cacheStatus),
  ];
}
