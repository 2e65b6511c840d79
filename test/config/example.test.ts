// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the configuration's variables.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { stale } from '../../scripts/schema.ts';
import { type SchemaNode, valueSchema } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';

const EXAMPLE = new URL('../../proxy.example.yaml', import.meta.url).pathname;
const text = readFileSync(EXAMPLE, 'utf8');

t.test('what is generated from the schema is current', async (t) => {
  t.same(stale(), [], 'npx tsx scripts/schema.ts');
});

t.test('the example loads as it is', async (t) => {
  const config = loadConfig({ file: EXAMPLE, flags: {}, env: {} });
  t.equal(text.split('\n')[0], '# yaml-language-server: $schema=./config/schema.json');
  t.equal(config.upstream.origin, 'http://127.0.0.1:3000');
  t.equal(config.redis, undefined);
  t.same(
    config.routes.map(({ name }) => name),
    ['health', 'product', 'products'],
  );
  const env = { UPSTREAM_URL: 'http://api:1', REDIS_URL: 'redis://r' };
  const other = loadConfig({ file: EXAMPLE, flags: {}, env });
  t.same([other.upstream.origin, other.redis?.url], ['http://api:1', 'redis://r']);
});

t.test('each default that the example states in a comment is the default', async (t) => {
  const stated = /^(\s*)# (\s*[a-z-]+:.*)$/;
  const lines = text.split('\n').slice(1);
  t.ok(lines.filter((line) => stated.test(line)).length > 40, 'the example states defaults');
  const written = lines
    .filter((line) => !line.startsWith('redis:'))
    .map((line) => line.replace(stated, '$1$2'))
    .join('\n');
  const env = { REDIS_URL: 'redis://127.0.0.1:6379' };
  const { routeLines, ...asItIs } = loadConfig({ file: EXAMPLE, flags: {}, env });
  t.same(
    routeLines.map((line) => text.split('\n')[line - 1]),
    ['  - name: health', '  - name: product', '  - name: products'],
  );
  // Two lines less stand above the routes.
  const { routeLines: _, ...withAll } = loadConfig({
    file: EXAMPLE,
    flags: {},
    env,
    readFile: () => written,
  });
  t.same(withAll, asItIs);
});

t.test('every key has a description', async (t) => {
  const bare: string[] = [];
  const visit = (node: SchemaNode, path: string) => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      if (child.description === undefined) bare.push(`${path}.${key}`);
      visit(child, `${path}.${key}`);
    }
    for (const branch of node.anyOf ?? []) visit(branch, path);
    if (node.items !== undefined) visit(node.items, `${path}[]`);
  };
  visit(valueSchema(), '');
  t.same(bare, []);
});
