import t, { type Test } from 'tap';
import { request } from 'undici';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';
import { startSidecar } from '../fixtures/sidecar.ts';
import { runBlock } from './checked-block.ts';
import { nginx, type Program, startNginx } from './nginx.ts';
import { type Block, readPage } from './page.ts';
import { lacking, type Row, readRows } from './side-by-side.ts';
import { openTerminal } from './terminal.ts';
import { startVarnish, varnish } from './varnish.ts';

const page = readPage('docs/migration.md');
const redis = await startRedis();
t.teardown(() => redis.stop());

/** The other cache of a section, running; undefined where it is not installed, or never run. */
async function startOther(
  blocks: readonly Block[],
  adapt: (text: string) => string,
): Promise<{ url: string; program: Program } | undefined> {
  const block = blocks.find(({ language }) => language === 'nginx' || language === 'vcl');
  const binary = block?.language === 'nginx' ? nginx : varnish;
  if (block === undefined || binary === undefined) return undefined;
  const port = await freePort();
  const text = adapt(block.text).replace('listen 8000;', `listen ${port};`);
  const program = await (block.language === 'nginx' ? startNginx : startVarnish)(binary, text, port);
  return { url: `http://127.0.0.1:${port}`, program };
}

/** Resolves with the answer, and whether the service was asked for it. */
async function send(url: string, { method, path, headers }: Row, origin: Origin) {
  const before = origin.requests.length;
  const {
    statusCode,
    headers: fields,
    body,
  } = await request(url + path, { method: method as 'GET', headers });
  await body.dump();
  const field = (name: string) => String(fields[name] ?? '');
  return { status: statusCode, field, isAsked: origin.requests.length > before };
}

async function compare(t: Test, row: Row, urls: { own: string; other: string | undefined }, origin: Origin) {
  origin.handler = row.service;
  const own = await send(urls.own, row, origin);
  t.same(
    lacking(row.cacheside, own.status, own.field('cache-status')),
    [],
    `${row.request}: ${own.field('cache-status')}`,
  );
  if (urls.other === undefined || row.other === undefined) return;
  const other = await send(urls.other, row, origin);
  t.equal(`${other.status} ${other.field('x-cache')}`.trim(), row.other, `${row.request}: the other`);
  t.equal(own.isAsked === other.isAsked, row.why === '', `${row.request}: alike, or the page says why not`);
}

for (const { slug, depth } of page.headings) {
  const blocks = page.blocks.filter(({ section }) => section === slug);
  const rules = blocks.find(({ language }) => language === 'yaml');
  if (depth !== 2 || rules === undefined) continue;
  t.test(slug, async (t) => {
    const origin = await startOrigin((_req, res) => void res.end(), { recordBodies: true });
    const terminal = openTerminal({
      ports: new Map([
        ['3000', origin.port],
        ['6379', redis.port],
      ]),
    });
    const other = await startOther(blocks, terminal.adapt);
    const sidecar = await startSidecar(origin.url, terminal.adapt(rules.text));
    t.teardown(async () => {
      await terminal.close();
      await other?.program.stop();
      await sidecar.close();
      await origin.close();
    });
    if (other === undefined) t.comment('nothing to compare with');
    terminal.name('9090', sidecar.adminPort);
    const rows = page.tables.flatMap(({ section, table }) =>
      section === slug ? (readRows(table) ?? []) : [],
    );
    t.ok(rows.length > 3, 'the table is found');
    for (const row of rows) await compare(t, row, { own: sidecar.url, other: other?.url }, origin);
    for (const block of blocks.filter(({ language }) => language === 'sh')) {
      t.same(await runBlock(terminal, block), [], `docs/migration.md:${block.line}`);
    }
  });
}
