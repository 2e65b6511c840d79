import fc from 'fast-check';
import t from 'tap';
import { type Batch, createPendingPurges } from '../../src/purge/pending-purges.ts';
import { createPurgeIndex } from '../../src/purge/purge-index.ts';
import type { PurgeLog } from '../../src/purge/purge-log.ts';
import type { Purge } from '../../src/purge/selector.ts';
import { createFedIndex } from '../../src/workers/fed-index.ts';
import { createFeed } from '../../src/workers/feed.ts';
import type { PurgeStep } from '../../src/workers/messages.ts';

const TAGS = ['a', 'b'] as const;
const PURGES: readonly Purge[] = [
  { selector: { kind: 'tag', tag: 'a' }, soft: false },
  { selector: { kind: 'tag', tag: 'b' }, soft: false },
  { selector: { kind: 'tag', tag: 'a' }, soft: true },
  { selector: { kind: 'all' }, soft: false },
];

/** A response with one tag, as Redis gave it. */
const found = (tag: string, asOf: number) => ({
  url: 'http://a.test/',
  search: '',
  route: 'r',
  tags: [tag],
  asOf,
  heard: -1,
});

const log = { applied: 0, pending: 0, trusted: true, confirmedAt: 0 } as unknown as PurgeLog;
const clock = { now: () => 0, toShared: (ms: number) => ms, fromShared: (ms: number) => ms };

/** A primary whose log confirms when it is told to, and workers whose lines are as slow as they are told to be. */
function createHouse(workers: number) {
  const index = createPurgeIndex();
  const feed = createFeed(index, () => log, clock);
  const pending = createPendingPurges(feed.index, { open() {}, settle() {} }, 'w');
  const inFlight: Batch[] = [];
  let position = 0;
  let appends = 0;
  const crew = Array.from({ length: workers }, (_, id) => {
    const own = createPurgeIndex({ from: index.snapshot() });
    const line: PurgeStep[] = [];
    feed.subscribe(({ steps }) => line.push(...steps));
    return { id, index: own, fed: createFedIndex(own, id), line, out: [] as { n: number; purge: Purge }[] };
  });
  type Member = (typeof crew)[number];
  const house = {
    index,
    crew,
    /** A worker appends; the primary does not know yet. */
    append(worker: Member, purge: Purge) {
      const mine = { ...purge };
      worker.fed.begin(++appends, [mine]);
      worker.out.push({ n: appends, purge: mine });
    },
    /** The primary hears of the oldest append of a worker. */
    hear(worker: Member) {
      const next = worker.out.shift();
      if (next === undefined) return;
      const copy = structuredClone(next.purge);
      feed.attribute([copy], worker.id, next.n);
      inFlight.push(pending.begin([copy]));
      feed.flush();
    },
    /** Somebody else's purge is read from the log. */
    read(purge: Purge) {
      position += 2;
      feed.index.apply(purge, position);
      feed.flush();
    },
    confirm() {
      const batch = inFlight.shift();
      if (batch === undefined) return;
      position += 2;
      pending.confirm(batch, position);
      feed.flush();
    },
    deliver(worker: Member, steps: number) {
      worker.fed.take(worker.line.splice(0, steps));
    },
    settle() {
      for (const worker of crew) while (worker.out.length > 0) house.hear(worker);
      while (inFlight.length > 0) house.confirm();
      for (const worker of crew) house.deliver(worker, worker.line.length);
    },
    get position() {
      return position;
    },
  };
  return house;
}

type House = ReturnType<typeof createHouse>;

/** A worker that has heard of everything judges as the primary does. */
function compare(house: House, { index }: House['crew'][number]): void {
  for (const tag of TAGS) {
    for (const asOf of [...Array(house.position + 1).keys(), 1e9]) {
      const [theirs, ours] = [house.index.verdict(found(tag, asOf)), index.verdict(found(tag, asOf))];
      if (theirs !== ours) throw new Error(`tag ${tag} as of ${asOf}: ${theirs} there, ${ours} here`);
    }
  }
}

const purge = fc.integer({ min: 0, max: PURGES.length - 1 }).map((i) => PURGES[i] as Purge);
const worker = fc.integer({ min: 0, max: 1 });
const command = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), worker, purge }),
  fc.record({ kind: fc.constant('hear' as const), worker }),
  fc.record({ kind: fc.constant('read' as const), purge }),
  fc.record({ kind: fc.constant('confirm' as const) }),
  fc.record({ kind: fc.constant('deliver' as const), worker, steps: fc.integer({ min: 1, max: 4 }) }),
);

t.test('whatever overtakes what, a worker misses no purge and ends up where the primary is', async () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const house = createHouse(2);
      for (const given of commands) {
        const member = 'worker' in given ? house.crew[given.worker] : undefined;
        if (given.kind === 'confirm') house.confirm();
        else if (given.kind === 'read') house.read(given.purge);
        else if (member === undefined) continue;
        else if (given.kind === 'append') house.append(member, given.purge);
        else if (given.kind === 'hear') house.hear(member);
        else if (given.kind === 'deliver') house.deliver(member, given.steps);
        for (const member of house.crew) {
          if (member.line.length === 0 && member.out.length === 0) compare(house, member);
        }
        // What a worker appended holds at it, whatever Redis has, until it has a position.
        for (const { index, out } of house.crew) {
          for (const {
            purge: { selector, soft },
          } of out) {
            const tag = selector.kind === 'tag' ? selector.tag : 'a';
            const verdict = index.verdict(found(tag, 1e9));
            if (soft ? verdict === 'valid' : verdict !== 'hard') throw new Error(`missed ${tag}`);
          }
        }
      }
      house.settle();
      for (const member of house.crew) {
        compare(house, member);
        // No answer came to any append: what the primary has told of is not waited for.
        if (member.fed.open !== 0) throw new Error(`${member.fed.open} appends are kept`);
      }
    }),
    { numRuns: 3_000 },
  );
});

t.test('what a worker appended itself does not purge what it fetched afterwards', async (t) => {
  const house = createHouse(2);
  const [first, second] = house.crew;
  if (first === undefined || second === undefined) throw new Error('no workers');
  house.append(first, PURGES[0] as Purge);
  const later = { ...found('a', 0), heard: first.index.heardNow() };
  const there = { ...found('a', 0), heard: second.index.heardNow() };
  house.settle();
  t.equal(first.index.verdict(later), 'valid');
  t.equal(second.index.verdict(there), 'hard');
});

t.test('a worker that starts while a purge is pending is told when it is confirmed', async (t) => {
  const house = createHouse(1);
  const [first] = house.crew;
  if (first === undefined) throw new Error('no worker');
  house.append(first, PURGES[0] as Purge);
  house.hear(first);
  const late = createPurgeIndex({ from: house.index.snapshot() });
  const fed = createFedIndex(late, 7);
  t.equal(late.verdict(found('a', 1e9)), 'hard');
  house.confirm();
  fed.take(first.line.filter(({ kind }) => kind === 'confirm'));
  t.equal(late.verdict(found('a', house.position)), 'valid');
  t.equal(late.verdict(found('a', house.position - 1)), 'hard');
});

t.test('the confirmation of a purge leaves a later one of the same selector pending', async (t) => {
  const house = createHouse(2);
  for (const member of house.crew) house.append(member, PURGES[0] as Purge);
  for (const member of house.crew) house.hear(member);
  house.confirm();
  for (const member of house.crew) {
    house.deliver(member, member.line.length);
    t.equal(member.index.verdict(found('a', 1e9)), 'hard');
  }
  house.confirm();
  for (const member of house.crew) {
    house.deliver(member, member.line.length);
    t.equal(member.index.verdict(found('a', house.position)), 'valid');
  }
});

t.test(
  'what is appended while the primary hangs holds until it tells of it, and is kept no longer',
  async (t) => {
    const house = createHouse(2);
    const [first, second] = house.crew;
    if (first === undefined || second === undefined) throw new Error('no workers');
    house.append(first, PURGES[0] as Purge);
    house.append(second, PURGES[0] as Purge);
    house.hear(second);
    house.confirm();
    const stored = found('a', house.position);
    house.deliver(first, first.line.length);
    t.equal(first.index.verdict(stored), 'hard', 'the purge before is confirmed, not this one');
    t.equal(first.fed.open, 1);
    house.settle();
    t.equal(first.fed.open, 0);
    t.equal(first.index.verdict({ ...stored, heard: -1 }), 'hard');
    t.equal(first.index.verdict(found('a', house.position)), 'valid');
  },
);

t.test('an append of several purges is open until each was told of, or it was answered', async (t) => {
  const purges = [PURGES[0] as Purge, PURGES[1] as Purge];
  const told = (nth: number): PurgeStep => ({
    kind: 'apply',
    purge: purges[nth] as Purge,
    position: 2,
    serial: nth + 1,
    origin: { worker: 1, append: 1, nth },
  });
  const fed = createFedIndex(createPurgeIndex(), 1);
  fed.begin(1, purges);
  fed.take([told(0)]);
  t.equal(fed.open, 1);
  fed.take([told(1)]);
  t.equal(fed.open, 0);
  fed.end(1, { kind: 'pending' });
  fed.begin(2, purges);
  fed.end(2, { kind: 'pending' });
  t.equal(fed.open, 0);
});
