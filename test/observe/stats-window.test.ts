import t from 'tap';
import { createLatency, latencySnapshot, subtractLatency } from '../../src/observe/latency.ts';
import { addStats } from '../../src/observe/raw-stats.ts';
import { createStats } from '../../src/observe/stats.ts';
import { statsWindow } from '../../src/observe/stats-window.ts';
import { stillClock } from '../fixtures/still-clock.ts';
import { finished, missed } from './finished.ts';

const clock = stillClock();

t.test('a window is what would have been counted in it alone', async (t) => {
  const [all, inside] = [createStats(['product'], clock), createStats(['product'], clock)];
  for (let i = 1; i <= 50; i++) all.observe(finished({ duration: i * 10 }));
  all.observe(missed({ duration: 9_000 }));
  const before = all.raw();
  for (let i = 1; i <= 200; i++) {
    const outcome = i % 4 === 0 ? missed({ duration: 20 + i }) : finished({ duration: i / 100, bytes: i });
    for (const stats of [all, inside]) stats.observe(outcome);
  }
  const { since: _since, uptime: _uptime, ...expected } = inside.snapshot();
  const window = statsWindow(all.raw(), before);
  // The highest of a window is known as exactly as its place.
  const shown = (figures: object) =>
    JSON.stringify(figures, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(3)) : value));
  t.equal(shown(window), shown(expected));
  const { max } = window.responseTime.all;
  t.ok(max !== null && max >= 220 && max < 220.3, `${max}`);
  const ofRoute = window.routes['product']?.responseTime.forwarded.max ?? 0;
  t.ok(ofRoute >= 220 && ofRoute < 222, `${ofRoute}`);
  t.match(statsWindow(all.raw(), all.raw()), {
    requests: 0,
    hitRate: null,
    responseTime: { all: { count: 0, max: null } },
  });
});

t.test('what is slowest ever is known as it is', async (t) => {
  const latency = createLatency(2);
  latency.record(3);
  const before = latency.raw();
  latency.record(1234.567);
  t.equal(latencySnapshot(subtractLatency(latency.raw(), before)).max, 1234.567);
});

t.test('nothing is less than nothing', async (t) => {
  const [dead, alive] = [createStats(['product', 'gone'], clock), createStats(['product', 'gone'], clock)];
  for (let i = 0; i < 100; i++) dead.observe(finished({ duration: 900 }));
  dead.observe(finished({ route: 'gone' }));
  const before = addStats(dead.raw(), alive.raw());
  // The one has died, and the other goes on, after a reload that took a route away and brought another.
  alive.setRoutes(['product', 'new']);
  alive.observe(finished({ duration: 2 }));
  alive.observe(finished({ route: 'new', duration: 2 }));
  const window = statsWindow(alive.raw(), before);
  t.match(window, { requests: 0, bytesServed: 0, outcomes: { hit: 0 } });
  t.same(Object.keys(window.routes), ['product', 'new', 'none']);
  t.match(window.routes['new'], { requests: 1, responseTime: { hits: { count: 1, p50: 2, max: 2 } } });
  const { average, max, count } = window.responseTime.hits;
  t.equal(count, 2);
  t.ok(average !== null && max !== null && average > 1.9 && average <= max && max < 2.1, `${average} ${max}`);
});
