import type { AdminStats } from '../admin/ports.ts';
import { bytes, count, percent } from './figures.ts';
import type { Level, PanelRow } from './panel.ts';

type Redis = NonNullable<AdminStats['redis']>;

const STATES: Readonly<
  Record<Redis['state'], { readonly level?: Level; readonly means: string; readonly breaker: string }>
> = {
  off: { means: 'No Redis is configured.', breaker: '–' },
  connecting: { level: 'warn', means: 'The first connection does not stand yet.', breaker: '–' },
  ready: { level: 'good', means: 'It answers.', breaker: 'closed' },
  degraded: {
    level: 'warn',
    means: 'Connected, but its commands fail, or nothing was heard of it: it is left alone, and probed.',
    breaker: 'open',
  },
  down: { level: 'bad', means: 'Not connected. Requests are answered all the same.', breaker: '–' },
};

/** What is told of Redis. */
export function redisRows({ redis }: AdminStats): readonly PanelRow[] {
  if (redis === null) return [{ label: 'State', text: 'off', title: STATES.off.means }];
  const { level, means, breaker } = STATES[redis.state];
  const looks = redis.hits + redis.misses;
  const bad = (n: number): Level | undefined => (n > 0 ? 'warn' : undefined);
  return [
    { label: 'State', text: redis.state, level, title: means },
    { label: 'Breaker', text: breaker, level: breaker === 'open' ? 'warn' : undefined },
    { label: 'Errors', text: count(redis.errors), level: bad(redis.errors) },
    { label: 'Time-outs', text: count(redis.timeouts), level: bad(redis.timeouts) },
    {
      label: 'Dropped, corrupt',
      text: `${count(redis.dropped)}, ${count(redis.corrupt)}`,
      level: bad(redis.corrupt),
    },
    { label: 'Reconnects', text: count(redis.reconnects) },
    { label: 'In flight', text: `${count(redis.inFlight)} (${bytes(redis.bytesInFlight)})` },
    {
      label: 'Looks that found',
      text: `${percent(looks === 0 ? null : redis.hits / looks)} of ${count(looks)}`,
    },
    {
      label: 'On the server',
      text: `${count(redis.responses)} keys, ${bytes(redis.bytes)}`,
      title: "The server's own figures: what others keep there is among them.",
    },
    { label: 'Evicted there', text: count(redis.evictions) },
  ];
}
