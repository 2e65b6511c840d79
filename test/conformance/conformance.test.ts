import { readFileSync } from 'node:fs';
import t from 'tap';
import { conformanceDocument, DOCUMENT } from './document.ts';
import { differences, readExpectation } from './expectation.ts';
import { runSuite, SET_UPS } from './set-up.ts';
import { loadSuite } from './suite.ts';
import { verdicts } from './verdict.ts';

t.test('docs/conformance.md is current', async (t) => {
  t.equal(readFileSync(DOCUMENT, 'utf8'), await conformanceDocument(), 'npm run conformance -- --write');
});

t.test('the suite passes as expected', async (t) => {
  const suite = await loadSuite();
  const expectation = readExpectation();
  // All at once: most of the suite's time is pauses.
  const notes = await Promise.all(SET_UPS.map((setUp) => runSuite(suite, setUp)));
  for (const [i, setUp] of SET_UPS.entries()) {
    const found = verdicts(suite, notes[i] ?? {});
    t.ok(found.size >= 350, `${setUp}: ${found.size} tests ran`);
    t.same(differences(suite, found, expectation), [], setUp);
  }
});
