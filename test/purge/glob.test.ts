import { equal } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { compileGlob, compileGlobStart } from '../../src/purge/glob.ts';

const rows = [
  { glob: '/a', text: '/a', expect: true },
  { glob: '/a', text: '/a/', expect: false },
  { glob: '/a/*', text: '/a/b', expect: true },
  { glob: '/a/*', text: '/a/', expect: true },
  { glob: '/a/*', text: '/a/b/c', expect: false },
  { glob: '/a/**', text: '/a/b/c', expect: true },
  { glob: '/a/**', text: '/a/', expect: true },
  { glob: '/a/**', text: '/a', expect: false },
  { glob: '/a/***', text: '/a/b/c', expect: true },
  { glob: '/*/c', text: '/a/c', expect: true },
  { glob: '/*/c', text: '/a/b/c', expect: false },
  { glob: '/**/c', text: '/a/b/c', expect: true },
  { glob: '/**c*d', text: '/c/cxd', expect: true },
  { glob: '/*a*b*c', text: '/xaxbxc', expect: true },
  { glob: '/*a*b*c', text: '/xaxcxb', expect: false },
  { glob: '**', text: '', expect: true },
  { glob: '*', text: '/', expect: false },
  { glob: '/a*a', text: '/a', expect: false },
  { glob: '/p?x=*', text: '/p?x=1', expect: true },
  { glob: '/p?x=*', text: '/pax=1', expect: false },
  { glob: '/[ab]', text: '/a', expect: false },
  { glob: '/{a,b}', text: '/a', expect: false },
  { glob: '!/a', text: '/b', expect: false },
  { glob: '/a.*', text: '/abc', expect: false },
  { glob: '/*/x', text: '/.well-known/x', expect: true },
  { glob: 'http://shop.test/*', text: 'http://shop.test/a', expect: true },
];

t.test('a glob is anchored, its stars are its only wildcards', async (t) => {
  for (const { glob, text, expect } of rows) {
    t.equal(compileGlob(glob)(text), expect, `${glob} ${expect ? 'matches' : 'does not match'} ${text}`);
  }
});

t.test('it matches what the regular expression it stands for matches', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '?'), maxLength: 12 });
  const glob = fc
    .array(fc.constantFrom('a', 'b', '/', '?', '*', '**'), { maxLength: 10 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(glob, text, (glob, text) => {
      const source = glob.replace(/\?/g, '\\?').replace(/\*+/g, (stars) => (stars === '*' ? '[^/]*' : '.*'));
      return compileGlob(glob)(text) === new RegExp(`^${source}$`).test(text);
    }),
    { numRuns: 3_000 },
  );
});

t.test('a pattern made to backtrack costs no more than any other', async (t) => {
  const matches = compileGlob(`/${'*a'.repeat(60)}*b**`);
  // Backtracking would take longer than the universe has had; this ends within the time-out.
  t.equal(matches(`/${'a'.repeat(4_000)}`), false);
});

t.test('some text that begins so matches iff one does', async () => {
  const glob = fc.string({ unit: fc.constantFrom('a', '/', '?', '*'), maxLength: 6 });
  const text = fc.string({ unit: fc.constantFrom('a', '/', '?'), maxLength: 5 });
  fc.assert(
    fc.property(glob, text, text, (pattern, start, rest) => {
      if (compileGlob(pattern)(start + rest)) equal(compileGlobStart(pattern)(start), true);
    }),
    { numRuns: 3_000 },
  );
  for (const start of ['/b', '/a/', '/a?', 'a'])
    equal(compileGlobStart('/a*b')(start), start === '/a?', start);
});
