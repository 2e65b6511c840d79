import t from 'tap';
import { runBlock } from './checked-block.ts';
import { pagePaths, readPage, UNDER_WAY } from './page.ts';
import { openStage } from './stage.ts';
import { openTerminal } from './terminal.ts';

/** Their commands meet a service of their own in each section: recipes.test.ts, migration.test.ts. */
const ELSEWHERE = ['docs/recipes.md', 'docs/migration.md'];

/** An answer of 400 and above is a mistake of the page. */
const PRELUDE = 'curl() { command curl -sS --fail-with-body "$@"; }';

const stage = await openStage();
t.teardown(() => stage.close());
const env = {
  CACHESIDE_ADMIN: `http://127.0.0.1:${stage.sidecar.adminPort}`,
  UPSTREAM_URL: stage.upstream,
  REDIS_URL: stage.redis,
};

for (const path of pagePaths().filter((path) => !ELSEWHERE.includes(path) && !UNDER_WAY.test(path))) {
  const page = readPage(path);
  if (!page.blocks.some(({ language }) => language === 'sh')) continue;
  t.test(path, async (t) => {
    const terminal = openTerminal({ ports: stage.ports, env, prelude: PRELUDE });
    t.teardown(() => terminal.close());
    for (const block of page.blocks) {
      const where = `${path}:${block.line}`;
      const [, file] = /^# (\S+\.yaml)\n/.exec(block.text) ?? [];
      if (block.language === 'yaml' && file !== undefined) terminal.write(file, block.text);
      if (block.language !== 'sh') continue;
      if (block.rest.startsWith('no-run ')) {
        t.comment(`${where} is not run: ${block.rest.slice('no-run '.length)}`);
        continue;
      }
      const wrong =
        block.rest === 'serve' ? await terminal.serve(block.text) : await runBlock(terminal, block);
      if (!t.same(wrong, [], where)) return;
    }
    t.pass('all of it');
  });
}
