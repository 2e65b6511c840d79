import { setTimeout as delay } from 'node:timers/promises';
import type { LoadResult } from './load.ts';
import { HOST } from './request-plan.ts';
import type { Scenario } from './scenario.ts';
import { fetchAnswer, type ShownAnswer } from './shown-answer.ts';

/** Asks until Cacheside answers the sample as the scenario wants it. @throws Error with what it said */
export async function checkCacheside(scenario: Scenario, serverUrl: string): Promise<ShownAnswer> {
  // The write to Redis does not delay the answer that is stored.
  if (scenario.redis) await delay(100);
  const answer = await askSample(scenario, serverUrl);
  const told = field(answer, 'cache-status') ?? '';
  if (!scenario.cacheStatus.test(told)) {
    throw new Error(`${scenario.name}: Cacheside should not have answered ${answer.status}, ${told}`);
  }
  checkMessage(scenario, answer);
  return answer;
}

/** Asks the peer once. @throws Error where its answer is not the one that Cacheside gives */
export async function checkPeer(scenario: Scenario, serverUrl: string, expected: ShownAnswer): Promise<void> {
  const answer = await askSample(scenario, serverUrl);
  checkMessage(scenario, answer);
  if (!answer.body.equals(expected.body)) throw new Error(`${scenario.name}: it sent another body`);
}

function askSample(scenario: Scenario, serverUrl: string): Promise<ShownAnswer> {
  const fields = scenario.plan().fields?.(0) ?? [];
  return fetchAnswer(serverUrl + scenario.sample, [`Host: ${HOST}`, ...fields]);
}

/** What all must answer, and without hanging up: a connection for each request is another measurement. */
function checkMessage({ name, status }: Scenario, answer: ShownAnswer): void {
  if (answer.status !== status) throw new Error(`${name}: status ${answer.status} instead of ${status}`);
  if (!answer.keepsAlive) throw new Error(`${name}: the connection is closed after one answer`);
}

function field({ fields }: ShownAnswer, lowerCaseName: string): string | undefined {
  const index = fields.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === lowerCaseName);
  return index < 0 ? undefined : fields[index + 1];
}

/** Outcomes counted so far, by word. */
export type Outcomes = Readonly<Record<string, number>>;

/** What `/stats` on the admin port has counted. */
export async function readOutcomes(adminUrl: string): Promise<Outcomes> {
  const { body } = await fetchAnswer(`${adminUrl}/stats`);
  return (JSON.parse(body.toString()) as { outcomes: Outcomes }).outcomes;
}

/** How often the upstream was asked so far. */
export async function readUpstreamRequests(upstreamUrl: string): Promise<number> {
  const { body } = await fetchAnswer(`${upstreamUrl}/bench/requests`);
  return Number(body.toString());
}

/**
 * Of a thousand requests one may have come to something else, and so may those under way on `connections`
 * connections when the load generator hung up.
 * @throws Error where Cacheside counted fewer requests than the load generator, or other outcomes
 */
export function checkOutcomes(
  { name, outcomes }: Pick<Scenario, 'name' | 'outcomes'>,
  before: Outcomes,
  after: Outcomes,
  { requests, connections }: { readonly requests: number; readonly connections: number },
): void {
  const counted = Object.entries(after).map(([word, n]) => [word, n - (before[word] ?? 0)] as const);
  const sum = (some: typeof counted) => some.reduce((total, [, n]) => total + n, 0);
  const total = sum(counted);
  const wanted = sum(counted.filter(([word]) => (outcomes as readonly string[]).includes(word)));
  if (total >= requests && total - wanted <= total / 1000 + connections) return;
  const told = counted.filter(([, n]) => n > 0).map(([word, n]) => `${n} ${word}`);
  throw new Error(`${name}: of ${requests} requests, Cacheside counted ${told.join(', ') || 'none'}`);
}

/**
 * Whether a server of any make did what the scenario says, by what its upstream was asked and by the length
 * of its answers; with the same tolerance.
 * @throws Error where it did not
 */
export function checkWork(
  { name, upstreamShare, answerBytes }: Pick<Scenario, 'name' | 'upstreamShare' | 'answerBytes'>,
  { requests, bytes, errors }: Pick<LoadResult, 'requests' | 'bytes' | 'errors'>,
  upstreamRequests: number,
  connections: number,
): void {
  if (errors > 0 || requests === 0) throw new Error(`${name}: ${errors} errors in ${requests} requests`);
  // Those that the load generator left under way may arrive before it is asked, or after.
  const slack = requests / 1000 + 2 * connections;
  const [least, most] = upstreamShare;
  if (upstreamRequests < least * requests - slack || upstreamRequests > most * requests + slack) {
    throw new Error(`${name}: for ${requests} requests the upstream was asked ${upstreamRequests} times`);
  }
  // What is on its way when the load ends counts as bytes and not as a request.
  const mean = bytes / requests;
  if (mean < answerBytes[0] || bytes > answerBytes[1] * (requests + connections)) {
    throw new Error(`${name}: an answer has ${Math.round(mean)} bytes`);
  }
}
