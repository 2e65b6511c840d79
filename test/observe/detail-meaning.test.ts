import { readFileSync } from 'node:fs';
import t from 'tap';
import { DETAILS, detailMeaning, FORWARD_REASONS, OTHERWISE } from '../../src/observe/detail-meaning.ts';

const PAGE = readFileSync(new URL('../../docs/cache-status.md', import.meta.url), 'utf8');

/** `word | meaning | cure` of each row of the tables before the trace, links left out. */
const rows = PAGE.split('## The trace', 1)
  .join('')
  .split('\n')
  .flatMap((line) => {
    const [, word, meaning = '', cure = ''] =
      /^\| `([a-z-]+)(?: NAME)?` \| (.*?) \| (?:(.*) )?\|$/.exec(
        line.replace(/ \(\[[^\]]*\]\([^)]*\)\)/g, ''),
      ) ?? [];
    return word === undefined || word === 'detail' ? [] : [[word, meaning, cure].join(' | ')];
  });

t.test('docs/cache-status.md says of each detail what Cacheside says of it', async (t) => {
  const said = [DETAILS, OTHERWISE.unstored, OTHERWISE.bypass].flatMap((table) =>
    Object.entries(table).map(([word, { meaning, cure = '' }]) => [word, meaning, cure].join(' | ')),
  );
  t.same(rows.sort(), said.sort());
});

t.test('docs/cache-status.md says of each forward reason what Cacheside says of it', async (t) => {
  const [, list = ''] = /^\| `fwd` \| the upstream was asked, because: (.*) \|$/m.exec(PAGE) ?? [];
  for (const [reason, { meaning }] of Object.entries(FORWARD_REASONS)) {
    if (reason === 'partial') t.notOk(list.includes('`partial`'), 'nothing is ever stored in part');
    else t.ok(list.includes(`\`${reason}\` ${meaning}`), reason);
  }
});

t.test('a detail means what it means where it stands', async (t) => {
  t.match(detailMeaning('unkeyed-field', 'bypass').meaning, /nobody vouched/);
  t.match(detailMeaning('unkeyed-field', 'uri-miss').meaning, /an error/);
  t.match(detailMeaning('beyond-lease', 'bypass').meaning, /bypass/);
  t.match(detailMeaning('beyond-lease', 'stale').meaning, /coherence\.cap/);
  t.match(detailMeaning('memory', undefined).meaning, /fresh/);
});
