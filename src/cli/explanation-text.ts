import type { Advice, Explanation, Foreseen, Prediction, WordMeaning } from '../admin/explanation.ts';
import { formatSpan } from './amounts.ts';
import { requestLines } from './explanation-request-text.ts';
import { tierLines } from './explanation-tiers-text.ts';
import { upstreamLines } from './explanation-upstream-text.ts';
import { flow } from './flow.ts';
import type { Line, Style } from './paint.ts';
import { section, wrapped } from './section.ts';
import { visibleText } from './visible-text.ts';

/** An explanation for people, the answer first, in lines of this width where they may be broken. */
export function explanationLines(explanation: Explanation, width: number): Line[] {
  const { request, summary, prediction, advice, worker } = explanation;
  const { method, scheme, authority, path, query } = request;
  const url = `${scheme}://${authority}${path}${query === '' ? '' : `?${query}`}`;
  return [
    [{ text: visibleText(`${method} ${url}`), style: 'bold' }],
    ...wrapped(summary, width),
    ...(worker === null ? [] : [[`as worker ${worker} sees it`]]),
    ...section('Now', predictionLines(prediction, width)),
    ...requestLines(explanation, width),
    ...tierLines(explanation, width),
    ...upstreamLines(explanation, width),
    ...section(
      'What to change',
      advice.flatMap((one, i) => adviceLines(one, i + 1, width)),
    ),
  ];
}

const KINDS: Readonly<Record<Prediction['kind'], readonly [text: string, style: Style]>> = {
  served: ['served from the cache', 'green'],
  forwarded: ['the upstream is asked', 'yellow'],
  waits: ['waits for a fetch of the same key that is under way', 'green'],
  'turned-away': ['turned away: the upstream is not to be asked now', 'red'],
  answered: ['answered by Cacheside itself', 'yellow'],
  refused: ['refused: it is no valid request', 'red'],
};

function predictionLines(prediction: Prediction, width: number): Line[] {
  const { kind, outcome, cacheStatus, status, reason, detail, subject } = prediction;
  const [text, style] = KINDS[kind];
  return [
    ...flow(
      {
        label: '',
        pieces: [
          [{ text, style }],
          [`outcome ${outcome}`],
          ...(status === null ? [] : [[`status ${status}`]]),
          ...(cacheStatus === null ? [] : [[`Cache-Status: ${visibleText(cacheStatus)}`]]),
        ],
      },
      width,
      2,
    ),
    ...meaning(reason, null, width),
    ...meaning(detail, subject, width),
    ...conditions(prediction).flatMap((one) => wrapped(one, width, '  ')),
    ...foreseen('if the upstream answers as last time', prediction.asLastTime, width),
    ...foreseen('if the upstream fails', prediction.ifUpstreamFails, width),
  ];
}

function meaning(word: WordMeaning | null, subject: string | null, width: number): Line[] {
  if (word === null) return [];
  const about = subject === null ? word.word : `${word.word} (${subject})`;
  const cure = word.cure === null ? '' : ` – ${word.cure}`;
  return wrapped(`${about}: ${word.meaning}${cure}`, width, '  ');
}

/** What else bears on it, beside what is stored. */
function conditions(prediction: Prediction): string[] {
  const { renews, waitsFor, breaker, probeIn, uncacheableNow, coherence } = prediction;
  return [
    ...(renews ? ['it is renewed in the background'] : []),
    ...(waitsFor === null
      ? []
      : [`it waits for a ${waitsFor === 'replica' ? 'fetch of another replica' : waitsFor}`]),
    ...(breaker === 'open' ? [`the breaker of the route is open, and tries in ${formatSpan(probeIn)}`] : []),
    ...(breaker === 'half-open' ? ['the breaker of the route is half-open: one request tries'] : []),
    ...(uncacheableNow
      ? ['an answer under this key could not be shared just now: nobody waits for another’s fetch']
      : []),
    ...(coherence.trusted ? [] : ['purges may have been missed: Redis is not read']),
    ...(coherence.beyondLease ? ['the purge log was not heard for longer than the lease'] : []),
  ];
}

function foreseen(when: string, what: Foreseen | null, width: number): Line[] {
  if (what === null) return [];
  const { outcome, status, stored, cacheStatus } = what;
  return wrapped(
    `${when}: ${outcome}, status ${status}, ${stored ? 'stored' : 'not stored'} (${cacheStatus})`,
    width,
    '  ',
  );
}

function adviceLines(
  { at, path, what, why, snippet, warning }: Advice,
  number: number,
  width: number,
): Line[] {
  const where = path === null ? `at the ${at}` : path;
  return [
    ...wrapped(`${number}. ${where}: ${what}`, width, '  '),
    ...wrapped(why, width, '     '),
    ...(warning === null
      ? []
      : wrapped(`Careful: ${warning}`, width, '     ').map(
          (line): Line => line.map((part) => ({ text: String(part), style: 'yellow' })),
        )),
    // YAML to be copied: as it is.
    ...(snippet ?? '')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line): Line => [{ text: `     ${visibleText(line)}`, style: 'cyan' }]),
  ];
}
