import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from './scenario.ts';
import { fetchAnswer, type ShownAnswer } from './shown-answer.ts';

/** Asks until Cacheside answers the sample as the scenario wants it. @throws Error with what it said */
export async function checkCacheside(scenario: Scenario, url: string): Promise<ShownAnswer> {
  for (let i = 0; i < scenario.primed; i++) await fetchAnswer(url);
  // The write to Redis does not delay the answer that is stored.
  if (scenario.redis) await delay(100);
  const answer = await fetchAnswer(url);
  const told = field(answer, 'cache-status') ?? '';
  if (!scenario.cacheStatus.test(told)) {
    throw new Error(`${scenario.name}: Cacheside should not have answered ${answer.status}, ${told}`);
  }
  checkMessage(scenario, answer);
  return answer;
}

/** Asks the peer once. @throws Error where its answer is not the one that Cacheside gives */
export async function checkPeer(scenario: Scenario, url: string, expected: ShownAnswer): Promise<void> {
  const answer = await fetchAnswer(url);
  checkMessage(scenario, answer);
  if (!answer.body.equals(expected.body)) throw new Error(`${scenario.name}: the peer sent another body`);
  if (scenario.peer !== 'peer-forwarding' && names(answer) !== names(expected)) {
    throw new Error(`${scenario.name}: the peer sent ${names(answer)} instead of ${names(expected)}`);
  }
}

/** What both must answer, and without hanging up: a connection for each request is another measurement. */
function checkMessage(scenario: Scenario, { status, body, keepsAlive }: ShownAnswer): void {
  if (status !== 200 || body.byteLength !== scenario.bodySize) {
    throw new Error(`${scenario.name}: status ${status} with ${body.byteLength} bytes`);
  }
  if (!keepsAlive) throw new Error(`${scenario.name}: the connection is closed after one answer`);
}

function field({ fields }: ShownAnswer, lowerCaseName: string): string | undefined {
  const index = fields.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === lowerCaseName);
  return index < 0 ? undefined : fields[index + 1];
}

function names({ fields }: ShownAnswer): string {
  return fields.filter((_, i) => i % 2 === 0).join(', ');
}

/** Outcomes counted so far, by word. */
export type Outcomes = Readonly<Record<string, number>>;

/** What `/stats` on the admin port has counted. */
export async function readOutcomes(adminUrl: string): Promise<Outcomes> {
  const { body } = await fetchAnswer(`${adminUrl}/stats`);
  return (JSON.parse(body.toString()) as { outcomes: Outcomes }).outcomes;
}

/**
 * Of a thousand requests one may have come to something else, and so may those under way on `connections`
 * connections when the load generator hung up.
 * @throws Error where Cacheside counted fewer requests than the load generator, or other outcomes
 */
export function checkOutcomes(
  { name, outcome }: Scenario,
  before: Outcomes,
  after: Outcomes,
  { requests, connections }: { readonly requests: number; readonly connections: number },
): void {
  const counted = Object.entries(after).map(([word, n]) => [word, n - (before[word] ?? 0)] as const);
  const total = counted.reduce((sum, [, n]) => sum + n, 0);
  const wanted = counted.find(([word]) => word === outcome)?.[1] ?? 0;
  if (total >= requests && total - wanted <= total / 1000 + connections) return;
  const told = counted.filter(([, n]) => n > 0).map(([word, n]) => `${n} ${word}`);
  throw new Error(`${name}: of ${requests} requests, Cacheside counted ${told.join(', ') || 'none'}`);
}
