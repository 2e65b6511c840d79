import t from 'tap';
import { type BreakerState, createCircuitBreaker, failuresInARow } from '../src/circuit-breaker.ts';

function breaker() {
  let now = 0;
  const states: BreakerState[] = [];
  const it = createCircuitBreaker({
    tripwire: failuresInARow(3),
    backOff: 100,
    maxBackOff: 300,
    now: () => now,
    onChange: (state) => void states.push(state),
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { it, states, pass };
}

t.test('opens after failures in a row, not before', (t) => {
  const { it, states } = breaker();
  it.failed();
  it.failed();
  it.succeeded();
  it.failed();
  it.failed();
  t.equal(it.state, 'closed');
  t.equal(it.admits(), true);
  it.failed();
  t.equal(it.state, 'open');
  t.equal(it.admits(), false);
  t.equal(it.probeIn, 100);
  t.strictSame(states, ['open']);
  t.end();
});

t.test('lets one probe through after the back-off and closes when it succeeds', (t) => {
  const { it, states, pass } = breaker();
  for (let i = 0; i < 3; i++) it.failed();
  pass(99);
  t.equal(it.admits(), false);
  pass(1);
  t.equal(it.admits(), true);
  t.equal(it.admits(), false, 'one probe only');
  it.succeeded();
  t.equal(it.admits(), true);
  t.strictSame(states, ['open', 'half-open', 'closed']);
  it.failed();
  it.failed();
  t.equal(it.state, 'closed', 'counts from nothing again');
  t.end();
});

t.test('a probe that takes its time is not waited for', (t) => {
  const { it, states, pass } = breaker();
  for (let i = 0; i < 3; i++) it.failed();
  pass(100);
  t.equal(it.admits(), true);
  pass(99);
  t.match([it.refuses, it.admits()], [true, false]);
  pass(1);
  t.match([it.refuses, it.admits(), it.admits()], [false, true, false], 'one more');
  it.succeeded();
  t.strictSame(states, ['open', 'half-open', 'closed']);
  it.failed();
  t.equal(it.state, 'closed', 'what becomes of the first is one failure among others');
  t.end();
});

t.test('a probe that fails doubles the back-off up to its cap', (t) => {
  const { it, pass } = breaker();
  for (let i = 0; i < 3; i++) it.failed();
  for (const next of [200, 300, 300]) {
    pass(it.probeIn);
    t.equal(it.admits(), true);
    it.failed();
    t.equal(it.probeIn, next);
  }
  pass(300);
  it.admits();
  it.succeeded();
  for (let i = 0; i < 3; i++) it.failed();
  t.equal(it.probeIn, 100, 'starts over once it had closed');
  t.end();
});

t.test('answers from before it opened change nothing; a reset closes', (t) => {
  const { it } = breaker();
  for (let i = 0; i < 3; i++) it.failed();
  it.succeeded();
  it.failed();
  t.equal(it.state, 'open');
  it.reset();
  t.equal(it.state, 'closed');
  t.equal(it.admits(), true);
  t.end();
});

t.test('a probe that was given up leaves the next one due at once, after no longer a wait', (t) => {
  const { it, states, pass } = breaker();
  it.abandoned();
  t.equal(it.state, 'closed', 'there is none');
  for (let i = 0; i < 3; i++) it.failed();
  t.equal(it.refuses, true);
  pass(100);
  t.equal(it.refuses, false);
  t.equal(it.admits(), true);
  t.equal(it.refuses, true, 'one is under way');
  it.abandoned();
  t.equal(it.probeIn, 0);
  t.equal(it.admits(), true);
  it.failed();
  t.equal(it.probeIn, 200, 'the second wait, not the third');
  t.strictSame(states, ['open', 'half-open', 'open', 'half-open', 'open']);
  t.end();
});

t.test('chance shortens a wait by a quarter at most, and leaves it out of what doubles', (t) => {
  let chance = 0;
  let now = 0;
  const it = createCircuitBreaker({
    tripwire: failuresInARow(1),
    backOff: 100,
    maxBackOff: 1_000,
    now: () => now,
    random: () => chance,
  });
  it.failed();
  t.equal(it.probeIn, 100);
  for (const [given, expected] of [
    [0.999, 150.05],
    [0.5, 350],
    [0, 800],
  ] as const) {
    now += it.probeIn;
    chance = given;
    t.equal(it.admits(), true);
    it.failed();
    t.equal(Math.round(it.probeIn * 100) / 100, expected);
  }
  t.end();
});
