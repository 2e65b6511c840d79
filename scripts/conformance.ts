// npm run conformance [-- --suite FOLDER] [-- --write]: runs the public HTTP caching suite through Cacheside
// with each set-up of tiers and compares what passes with test/conformance/expected.yaml. `--suite` takes
// another copy of the suite (nothing is expected of that); `--write` renews docs/conformance.md.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { conformanceDocument, DOCUMENT } from '../test/conformance/document.ts';
import { differences, readExpectation } from '../test/conformance/expectation.ts';
import { KINDS, table } from '../test/conformance/report.ts';
import { runSuite, SET_UPS, type SetUp } from '../test/conformance/set-up.ts';
import { loadSuite } from '../test/conformance/suite.ts';
import { type Verdict, verdicts } from '../test/conformance/verdict.ts';

const { values } = parseArgs({ options: { suite: { type: 'string' }, write: { type: 'boolean' } } });
const suite = await loadSuite(values.suite === undefined ? undefined : resolve(values.suite));

const found = new Map<SetUp, ReadonlyMap<string, Verdict>>();
// One after the other: what is asked is what is right, at a pace that every machine keeps.
for (const setUp of SET_UPS) found.set(setUp, verdicts(suite, await runSuite(suite, setUp)));

const passes = new Map(
  [...found].map(([setUp, all]) => [setUp, (id: string) => all.get(id)?.kind === 'pass']),
);
for (const kind of KINDS) console.log(`\n== ${kind}\n${table(suite, kind, passes)}`);

let unexpected = 0;
for (const [setUp, all] of found) {
  const lines =
    values.suite === undefined
      ? differences(suite, all, readExpectation())
      : [...all]
          .filter(([, { kind }]) => kind !== 'pass')
          .map(([id, { kind, why }]) => `${id}: ${kind}, ${why}`);
  console.log(`\n== ${setUp}: ${lines.length === 0 ? 'as expected' : ''}`);
  for (const line of lines) console.log(`   ${line}`);
  if (values.suite === undefined) unexpected += lines.length;
}
if (values.write) writeFileSync(DOCUMENT, await conformanceDocument());
process.exitCode = unexpected === 0 ? 0 : 1;
