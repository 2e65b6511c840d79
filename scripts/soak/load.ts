import { setTimeout as delay } from 'node:timers/promises';
import { send } from '../demo/request.ts';
import { type Asked, type Fate, openClient } from './ask.ts';
import { etagOf, type Good, type Kind, labelOf } from './goods.ts';
import { detailOf, judge } from './judge.ts';
import { LANGUAGES, type Shop } from './shop.ts';
import type { Side } from './side.ts';
import type { Tally } from './tally.ts';

export interface Load {
  readonly shop: Shop;
  readonly sides: readonly [Side, Side];
  readonly tally: Tally;
  /** Requests a second, all together. */
  readonly rate: number;
  readonly isOver: () => boolean;
}

const CLIENTS = 32;
/** How many of each kind there are; of `once` there is no end. */
const COUNTS: Readonly<Record<Exclude<Kind, 'once'>, number>> = {
  product: 400,
  page: 60,
  file: 24,
  mine: 50,
};
/** A client that is refused waits as one that looks for the service elsewhere does; ms. */
const ELSEWHERE = 100;

const chance = (share: number): boolean => Math.random() < share;
const below = (limit: number): number => Math.floor(Math.random() * limit);
/** The first ones are asked for most. */
const popular = (limit: number): number => Math.floor(limit * Math.random() ** 2);

/** Reads, writes and purges until it is over. */
export async function runLoad({ shop, sides, tally, rate, isOver }: Load): Promise<void> {
  const clients = new Map(sides.map((side) => [side, openClient(() => `http://127.0.0.1:${side.port}`)]));
  /** What was acknowledged by whom, and has to be seen there from then on. */
  const least = new Map<string, number>();
  const nameOf = (side: Side, { kind, id }: Pick<Good, 'kind' | 'id'>) =>
    `${side.name} ${side.generation} ${kind} ${id}`;
  let once = 0;

  const pick = (): Good => {
    const dice = Math.random();
    if (dice < 0.1) return { kind: 'once', id: once++, language: '', user: '' };
    const kind = dice < 0.55 ? 'product' : dice < 0.82 ? 'page' : dice < 0.9 ? 'file' : 'mine';
    const language = kind === 'page' ? (LANGUAGES[below(LANGUAGES.length)] ?? '') : '';
    return { kind, id: popular(COUNTS[kind]), language, user: kind === 'mine' ? `user-${below(20)}` : '' };
  };

  async function read(side: Side): Promise<Fate> {
    const good = pick();
    const asked = asking(good, shop);
    const begun = performance.now();
    const floor = least.get(nameOf(side, good)) ?? 0;
    const fate = (await clients.get(side)?.ask(asked)) ?? { kind: 'refused' };
    const verdict = judge({ good, asked, begun, least: floor }, fate, shop);
    const what = `${asked.method} ${asked.path} ${JSON.stringify(asked.headers)}`;
    if (verdict.kind === 'right') tally.right(fate.kind === 'answered' ? outcomeOf(fate) : '');
    else if (verdict.kind === 'failed') tally.failed(verdict.what, side.name, begun, what);
    else {
      const said = fate.kind === 'answered' ? `, ${fate.headers['cache-status']}` : '';
      tally.wrong(`wrong answer of ${side.name} to ${what} (${labelOf(good)}): ${verdict.why}${said}`);
    }
    return fate;
  }

  /** A write by way of a sidecar, which has to see to it that nothing older is served by it from then on. */
  async function write(side: Side): Promise<void> {
    const good = { kind: 'product', id: popular(COUNTS.product) } as const;
    const name = nameOf(side, good);
    const begun = performance.now();
    const asked = { method: 'PUT', path: `/product/${good.id}`, headers: { 'content-length': '0' } };
    const fate = (await clients.get(side)?.ask(asked)) ?? { kind: 'refused' };
    if (fate.kind === 'answered' && fate.status === 200) {
      tally.right('write');
      raise(name, Number(/^v(\d+)\n$/.exec(fate.body.toString())?.[1]));
    } else {
      const what =
        fate.kind === 'answered' ? `${fate.status} ${detailOf(fate.headers['cache-status'])}` : fate.kind;
      tally.failed(fate.kind === 'cut' ? `cut: ${fate.why}` : what, side.name, begun, 'a write');
    }
  }

  /** A change behind the cache's back, and the purge of it. */
  async function purge(side: Side): Promise<void> {
    const good = { kind: 'product', id: popular(COUNTS.product) } as const;
    const name = nameOf(side, good);
    const version = shop.change('product', good.id);
    const begun = performance.now();
    const answer = await send({
      method: 'POST',
      url: `${side.admin}/purge`,
      json: { tag: `product-${good.id}` },
    }).catch(() => undefined);
    if (answer?.status === 200 || answer?.status === 202) {
      tally.right(`purge ${answer.status}`);
      raise(name, version);
    } else
      tally.failed(
        answer === undefined ? 'cut: purge' : `${answer.status} purge`,
        side.name,
        begun,
        'a purge',
      );
  }

  const raise = (name: string, version: number): void => {
    if (version > (least.get(name) ?? 0)) least.set(name, version);
  };

  const client = async (): Promise<void> => {
    while (!isOver()) {
      const due = performance.now() + (CLIENTS * 1_000) / rate;
      const side = sides[chance(0.5) ? 0 : 1];
      const dice = Math.random();
      if (dice < 0.02) await write(side);
      else if (dice < 0.03) await purge(side);
      else if ((await read(side)).kind === 'refused') await delay(ELSEWHERE);
      await delay(Math.max(0, due - performance.now()));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  for (const each of clients.values()) each.close();
}

function asking(good: Good, shop: Shop): Asked {
  const { kind, id } = good;
  const path = `/${kind}/${id}`;
  const headers = { ...ofReader(good), ...(kind === 'page' ? {} : condition(good, shop)) };
  const method = chance(0.05) ? 'HEAD' : 'GET';
  return { method, path, headers };
}

function ofReader({ kind, language, user }: Good): Readonly<Record<string, string>> {
  if (kind === 'mine') return { authorization: user };
  if (kind !== 'page') return {};
  const codings = chance(0.5) ? {} : { 'accept-encoding': chance(0.5) ? 'gzip' : 'br, gzip' };
  return { 'accept-language': language, ...codings };
}

function condition({ kind, id }: Good, shop: Shop): Readonly<Record<string, string>> {
  if (kind === 'file' && chance(0.3)) return { range: `bytes=${below(1_000)}-${1_000 + below(100_000)}` };
  if (chance(0.9)) return {};
  return { 'if-none-match': etagOf(Math.max(0, shop.versions(kind, id).length - 1 - below(2))) };
}

/** The answer in a word or two, as Cache-Status has it. */
function outcomeOf({ status, headers }: Fate & { kind: 'answered' }): string {
  const said = String(headers['cache-status']);
  const how = /; hit/.test(said) ? 'hit' : (/fwd=([\w-]+)/.exec(said)?.[1] ?? 'other');
  return status === 200 ? `${how} ${detailOf(said)}` : `${how} ${status}`;
}
