import t from 'tap';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort, startRedis } from '../fixtures/redis-server.ts';
import { type Sidecar, startSidecar } from '../fixtures/sidecar.ts';

import { openBackstage } from './backstage.ts';
import { runBlock } from './checked-block.ts';
import { nginx, type Program, startNginx } from './nginx.ts';
import { readPage } from './page.ts';
import { services } from './recipe-services.ts';
import { openTerminal } from './terminal.ts';

const PATH = 'docs/recipes.md';
const page = readPage(PATH);
const redis = await startRedis();
t.teardown(() => redis.stop());

const common = page.blocks.filter(({ section, language }) => section === '' && language === 'sh');

for (const { slug, depth } of page.headings) {
  const blocks = page.blocks.filter(({ section }) => section === slug);
  const rules = blocks.find(({ language, rest }) => language === 'yaml' && rest === '');
  if (depth !== 2 || rules === undefined) continue;
  t.test(slug, async (t) => {
    const service = services[slug];
    if (!service) return void t.fail('the test knows no service for it');
    const origin = await startOrigin(service(), { recordBodies: true });
    const backstage = await openBackstage();
    // The clock of Redis goes on by itself.
    const clock = /^redis:/m.test(rules.text) ? undefined : backstage.clock;
    const ports = new Map([
      ['3000', origin.port],
      ['6379', redis.port],
    ]);
    const count = blocks.some(({ text }) => text.includes('8081')) ? 2 : 1;
    const sidecars: Sidecar[] = [];
    let front: Program | undefined;
    const terminal = openTerminal({ ports, prelude: backstage.prelude });
    t.teardown(async () => {
      await terminal.close();
      await front?.stop();
      await Promise.all(sidecars.map((sidecar) => sidecar.close()));
      await origin.close();
      backstage.close();
    });
    for (let i = 0; i < count; i += 1) {
      const sidecar = await startSidecar(origin.url, terminal.adapt(rules.text), clock);
      sidecars.push(sidecar);
      terminal.name(`808${i}`, sidecar.port);
      terminal.name(`909${i}`, sidecar.adminPort);
    }
    backstage.set(origin, sidecars);
    const before = blocks.find(({ language }) => language === 'nginx');
    if (before !== undefined) {
      if (nginx === undefined)
        return void t.comment(`${PATH}:${before.line} is not run: nginx is not installed`);
      const port = await freePort();
      terminal.name('8443', port);
      front = await startNginx(nginx, terminal.adapt(before.text), port);
    }
    const commands = blocks.filter(({ language }) => language === 'sh');
    t.ok(commands.some(({ next }) => next?.language === 'text' || next?.language === 'json'));
    for (const block of [...common, ...commands]) {
      if (block.rest.startsWith('no-run ')) {
        t.comment(`${PATH}:${block.line} is not run: ${block.rest.slice('no-run '.length)}`);
        continue;
      }
      const wrong = await runBlock(terminal, { ...block, text: backstage.stage(block.text) });
      if (!t.same(wrong, [], `${PATH}:${block.line}`)) return;
    }
  });
}

t.test('no service without a recipe', async (t) => {
  const slugs = page.headings.map(({ slug }) => slug);
  t.same(
    Object.keys(services).filter((slug) => !slugs.includes(slug)),
    [],
  );
});
