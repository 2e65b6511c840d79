import { parseArgs } from 'node:util';
import type { StoredResponse } from '../src/policy/stored-response.ts';
import { createMemoryTier } from '../src/store/memory-tier.ts';
import { sizeOf } from '../src/store/stored-size.ts';
import { createPlainLru, type Holder } from './plain-lru.ts';
import { askOf, WORKLOADS } from './scan-workload.ts';

// tsx bench/scan.ts [--limit MIB] [--crawled URLS] [--workload PART_OF_ITS_NAME]: how often what is asked for again is
// still in memory while something passes through, by plain LRU and by the memory tier. The same numbers in each run.

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '32' },
    crawled: { type: 'string', default: '1000000' },
    workload: { type: 'string', default: '' },
  },
});
const limit = Number(values.limit) * 1024 * 1024;
const until = Date.now() + 3_600_000;
const body = Buffer.alloc(1024, 'x');

function response(key: string): StoredResponse {
  const now = until - 3_600_000;
  return {
    key,
    variant: '',
    search: '',
    url: key,
    route: 'products',
    rule: 'f00d',
    tags: ['products'],
    status: 200,
    fields: ['Content-Type', 'application/json', 'ETag', '"v1"', 'Cache-Control', 'max-age=3600'],
    body,
    requestTime: now,
    responseTime: now,
    initialAge: 0,
    lifetime: 3_600_000,
    staleWhileRevalidate: 0,
    staleIfError: 0,
    mustRevalidate: false,
    alwaysValidate: false,
    asOf: 0,
    heard: 0,
  };
}

const keyOf = (product: number) => `http://shop.test/products/${String(product).padStart(8, '0')}`;
const fitting = Math.floor(limit / sizeOf(keyOf(0), response(keyOf(0))));
const scale = { fitting, crawled: Number(values.crawled) };

const holders: Readonly<Record<string, () => Holder>> = {
  'plain LRU': () => createPlainLru(limit),
  // Bodies are one and the same here: there is nothing to look for.
  'memory tier': () => createMemoryTier({ limit, reclaim: () => {} }),
};

console.log(`${values.limit} MiB: ${fitting} responses; crawls of ${scale.crawled} URLs. Hits in %:\n`);
console.log(`| workload | | ${Object.keys(holders).join(' | ')} |`);
console.log(`|---|---|${'--:|'.repeat(Object.keys(holders).length)}`);
for (const { name, columns, run } of WORKLOADS) {
  if (!name.includes(values.workload)) continue;
  const rates = Object.values(holders).map((create) =>
    run(
      askOf(create(), (product) => [keyOf(product), response(keyOf(product)), until]),
      scale,
    ),
  );
  for (const [i, column] of columns.entries()) {
    const cells = rates.map((of) => (100 * (of[i] ?? Number.NaN)).toFixed(1));
    console.log(`| ${i === 0 ? name : ''} | ${column} | ${cells.join(' | ')} |`);
  }
}
