// tsx test/conformance/client.ts SUITE URL: runs the suite's own client against a proxy, in a process of
// its own since that client keeps its state in its modules, and writes its notes to stdout as JSON.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { hasMoved, importOf, importSections } from './suite.ts';
import type { Notes } from './verdict.ts';

interface Runner {
  runTests(tests: unknown, ...rest: readonly unknown[]): Promise<void>;
  getResults(): Notes;
}

interface Undici {
  readonly Agent: new () => unknown;
  readonly fetch: typeof fetch;
  setGlobalDispatcher(agent: unknown): void;
}

/** More tests at once than the suite's default; most of their time is pauses. */
const AT_ONCE = 200;

const [root = '', base = ''] = process.argv.slice(2);
const packageOf = createRequire(join(root, 'package.json'));
const { runTests, getResults } = (await importOf(root, 'client/runner.mjs')) as Runner;
const sections = await importSections(root);
if (hasMoved(root)) {
  // The fetch that is built into Node 20 takes no interceptor of the undici that the suite brings along.
  const undici = packageOf('undici') as Undici;
  undici.setGlobalDispatcher(new undici.Agent());
  globalThis.fetch = undici.fetch;
  await runTests(sections, false, base, AT_ONCE);
} else {
  await runTests(sections, packageOf('node-fetch'), false, base, AT_ONCE);
}
process.stdout.write(JSON.stringify(getResults()));
