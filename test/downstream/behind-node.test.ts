import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

/*
 * All that drives a whole sidecar in test/proxy and test/upstream, once more without the fast door. In one process: to
 * start one for each file would take longer than most of them do.
 */
Object.assign(process.env, { CACHESIDE_TEST_DOOR: 'node' });
t.setTimeout(240_000);

const files = ['../proxy/', '../upstream/'].flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => new URL(name, url));
});

for (const file of files) {
  const text = readFileSync(file, 'utf8');
  // What measures the heap wants a process of its own.
  if (/fixtures\/sidecar|start\.ts/.test(text) && !text.includes('heapUsed')) await import(file.href);
}
