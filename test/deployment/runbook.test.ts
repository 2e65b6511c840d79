import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { UPSTREAM_FAILURES } from '../../src/errors.ts';
import { dig, list } from './dig.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const operations = read('docs/operations.md');

t.test('docs/operations.md has a section for each alert, and for no other', async (t) => {
  const rules = list(parse(read('config/prometheus/alerts.yaml')), 'groups').flatMap((group) =>
    list(group, 'rules'),
  );
  const alerts = rules.map((rule) => String(dig(rule, 'alert')));
  t.ok(alerts.length > 10, 'the alerts are found');
  const runbook = /^## Runbook\n(.*?)^## /ms.exec(operations)?.[1] ?? '';
  t.same([...runbook.matchAll(/^### (\S+)$/gm)].map(([, name = '']) => name).sort(), alerts.sort());
  for (const rule of rules) {
    const [, slug] = String(dig(rule, 'annotations', 'runbook_url')).split('docs/operations.md#');
    t.equal(slug, String(dig(rule, 'alert')).toLowerCase());
  }
});

t.test('docs/operations.md explains each way in which the upstream fails', async (t) => {
  const table = /^\| `failure` \| look at \|\n(.*?)\n\n/ms.exec(operations)?.[1] ?? '';
  const cells = [...table.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell = '']) => cell);
  const words = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word));
  t.same(words.sort(), [...UPSTREAM_FAILURES].sort());
});
