import fc from 'fast-check';
import t from 'tap';
import { CODINGS, type Coding, type Form } from '../../src/policy/content-coding.ts';
import {
  chooseForm,
  codedFields,
  formInHand,
  formsFor,
  negotiatedFields,
} from '../../src/policy/content-coding-choice.ts';
import { askableConditions } from '../../src/policy/content-coding-condition.ts';
import { isCodableTag, tagOfForm, upstreamTags } from '../../src/policy/content-coding-tag.ts';
import { get, lines, request, rule } from './given.ts';

const CODED = rule({ compress: ['br', 'gzip'] });
const IDENTITY = lines('Content-Type: application/json', 'ETag: "1"', 'Accept-Ranges: bytes');

const ROWS: {
  id: string;
  ask: string[];
  method?: string;
  made?: readonly Coding[];
  fields?: readonly string[];
  expect: Form | undefined;
}[] = [
  { id: 'the best that there is', ask: ['Accept-Encoding: gzip, br'], expect: 'br' },
  {
    id: 'the next where that was not made',
    ask: ['Accept-Encoding: gzip, br'],
    made: ['gzip'],
    expect: 'gzip',
  },
  { id: 'nothing was made', ask: ['Accept-Encoding: gzip, br'], made: [], expect: 'identity' },
  { id: 'no Accept-Encoding', ask: [], expect: 'identity' },
  { id: 'HEAD as GET', method: 'HEAD', ask: ['Accept-Encoding: br'], expect: 'br' },
  { id: 'all refused', ask: ['Accept-Encoding: identity;q=0'], expect: undefined },
  {
    id: 'identity refused, and the rest not made',
    ask: ['Accept-Encoding: br, identity;q=0'],
    made: [],
    expect: undefined,
  },
  { id: 'no-transform', ask: ['Accept-Encoding: br', 'Cache-Control: no-transform'], expect: 'identity' },
  {
    id: 'no-transform and identity refused',
    ask: ['Accept-Encoding: br, *;q=0', 'Cache-Control: no-transform'],
    expect: undefined,
  },
  { id: 'a part is of the identity', ask: ['Accept-Encoding: br', 'Range: bytes=0-1'], expect: 'identity' },
  { id: 'HEAD has no parts', method: 'HEAD', ask: ['Accept-Encoding: br', 'Range: bytes=0-1'], expect: 'br' },
  {
    id: 'no part for who refuses the identity',
    ask: ['Accept-Encoding: br, *;q=0', 'Range: bytes=0-1'],
    expect: 'br',
  },
  {
    id: 'a part of what the client has',
    ask: ['Accept-Encoding: br', 'Range: bytes=0-1', 'If-Range: "1"'],
    expect: 'identity',
  },
  {
    id: 'a part of a coded form is none',
    ask: ['Accept-Encoding: br', 'Range: bytes=0-1', 'If-Range: "1;br"'],
    expect: 'br',
  },
  {
    id: 'a part by date is none',
    ask: ['Accept-Encoding: br', 'Range: bytes=0-1', 'If-Range: Sun, 06 Nov 1994 08:49:37 GMT'],
    expect: 'br',
  },
  { id: 'it has the identity', ask: ['Accept-Encoding: br', 'If-None-Match: "1"'], expect: 'identity' },
  {
    id: 'it has the identity, weakly',
    ask: ['Accept-Encoding: br', 'If-None-Match: W/"1"'],
    expect: 'identity',
  },
  { id: 'it has the coded form', ask: ['Accept-Encoding: br', 'If-None-Match: "1;br"'], expect: 'br' },
  { id: 'made or not', ask: ['Accept-Encoding: br', 'If-None-Match: "0", W/"1;br"'], made: [], expect: 'br' },
  {
    id: 'it has another one it takes',
    ask: ['Accept-Encoding: br, gzip', 'If-None-Match: "1;gzip"'],
    expect: 'gzip',
  },
  {
    id: 'it has one that it no longer takes',
    ask: ['Accept-Encoding: br', 'If-None-Match: "1;gzip"'],
    expect: 'br',
  },
  { id: 'it has an older one', ask: ['Accept-Encoding: br', 'If-None-Match: "0;br"'], expect: 'br' },
  { id: 'it has both', ask: ['Accept-Encoding: br', 'If-None-Match: "1", "1;br"'], expect: 'br' },
  { id: 'any', ask: ['Accept-Encoding: br', 'If-None-Match: *'], expect: 'br' },
  {
    id: 'a weak tag is that of every form',
    ask: ['Accept-Encoding: br', 'If-None-Match: W/"1"'],
    fields: lines('ETag: W/"1"'),
    expect: 'br',
  },
  { id: 'no tag', ask: ['Accept-Encoding: br', 'If-None-Match: "1"'], fields: [], expect: 'br' },
];

for (const { id, ask, method = 'GET', made = CODED.compress, fields = IDENTITY, expect } of ROWS) {
  t.test(id, async (t) => {
    const asked = request({ method, fields: lines(...ask) });
    t.equal(chooseForm(asked, fields, formsFor(asked, CODED), made), expect);
  });
}

t.test('a rule that does not hear Cache-Control of requests does not hear no-transform', async (t) => {
  const asked = get('Accept-Encoding: br', 'Cache-Control: no-transform');
  t.same(formsFor(asked, rule({ compress: ['br'], requestDirectives: 'ignore' })), ['br', 'identity']);
});

t.test(
  'whatever is asked for: nothing that is refused, and nothing that was not made but where 304 is the answer',
  async () => {
    const weight = fc.constantFrom('', ';q=0', ';q=0.5', ';q=1', ';q=x');
    const member = fc
      .tuple(fc.constantFrom<string>(...CODINGS, 'identity', '*'), weight)
      .map(([name, q]) => name + q);
    const accept = fc.option(
      fc.array(member, { maxLength: 5 }).map((list) => list.join(', ')),
      { nil: undefined },
    );
    const line = (name: string, ...values: string[]) =>
      fc.option(
        fc.constantFrom(...values).map((value) => `${name}: ${value}`),
        { nil: undefined },
      );
    const asked = fc.tuple(
      accept.map((value) => (value === undefined ? undefined : `Accept-Encoding: ${value}`)),
      line('Range', 'bytes=0-9', 'bytes=x'),
      line('If-Range', '"1"', '"1;br"', 'W/"1"'),
      line('If-None-Match', '"1"', '"1;br"', '"1;gzip"', '"2"', '*'),
      line('Cache-Control', 'no-transform', 'max-age=0'),
    );
    fc.assert(
      fc.property(asked, fc.subarray<Coding>(['br', 'gzip']), (fields, made) => {
        const head = get(...fields.filter((field) => field !== undefined));
        const forms = formsFor(head, CODED);
        const form = chooseForm(head, IDENTITY, forms, made);
        if (form === undefined)
          return !forms.includes('identity') && !made.some((coding) => forms.includes(coding));
        const isThere = form === 'identity' || made.includes(form);
        return forms.includes(form) && (isThere || formInHand(head, IDENTITY, forms) === form);
      }),
    );
  },
);

t.test('entity tags', async (t) => {
  t.equal(tagOfForm('"1"', 'identity'), '"1"');
  t.equal(tagOfForm('"1"', 'br'), '"1;br"');
  t.equal(tagOfForm('W/"1"', 'br'), 'W/"1"', 'a weak one tells of the same content in whatever coding');
  t.equal(upstreamTags('"1;br", W/"2;gzip","3"'), '"1", W/"2","3"');
  t.equal(upstreamTags('*'), '*');
  const opaque = fc.string({ unit: fc.constantFrom('a', ';', 'b', 'r', '-', '\xe9', '!'), maxLength: 8 });
  fc.assert(
    fc.property(
      opaque,
      opaque,
      fc.constantFrom(...CODINGS),
      fc.constantFrom(...CODINGS),
      (a, b, one, other) => {
        const [x, y] = [`"${a}"`, `"${b}"`];
        if (!isCodableTag(x) || !isCodableTag(y)) return true;
        if (upstreamTags(tagOfForm(x, one)) !== x || tagOfForm(x, one) === y) return false;
        return (tagOfForm(x, one) === tagOfForm(y, other)) === (x === y && one === other);
      },
    ),
  );
});

t.test('the fields of a coded form', async (t) => {
  const identity = lines(
    'Content-Type: text/css',
    'etag: "1"',
    'Accept-Ranges: bytes',
    'Content-Encoding: x',
    'Last-Modified: y',
  );
  t.same(codedFields(identity, 'br'), [
    ...lines('Content-Type: text/css', 'Last-Modified: y'),
    ...['ETag', '"1;br"', 'Content-Encoding', 'br'],
  ]);
  t.same(codedFields([], 'gzip'), ['Content-Encoding', 'gzip']);
});

t.test('Vary says that others may get another form', async (t) => {
  const vary = (...fields: string[]) => {
    const told = negotiatedFields(lines(...fields));
    return told.flatMap((name, i) => (i % 2 === 0 && name === 'Vary' ? [told[i + 1]] : []));
  };
  t.same(vary(), ['Accept-Encoding']);
  t.same(vary('Vary: Origin'), ['Origin, Accept-Encoding']);
  t.same(vary('Vary: Origin', 'Vary: Accept'), ['Origin, Accept, Accept-Encoding']);
  t.same(vary('Vary: accept-encoding, Origin'), ['accept-encoding, Origin']);
  t.same(vary('Vary: *'), ['*']);
});

t.test('the conditions that the upstream is asked on', async (t) => {
  const asked = (method: string, compress: readonly Coding[], ...fields: string[]) =>
    askableConditions(lines(...fields), method, rule({ compress }));
  const date = 'If-Range: Sun, 06 Nov 1994 08:49:37 GMT';
  t.same(
    asked('PUT', ['br'], 'If-Match: "1;br", "2"', 'X: "1;br"'),
    lines('If-Match: "1", "2"', 'X: "1;br"'),
  );
  t.same(asked('PUT', [], 'If-Match: "1;br"'), lines('If-Match: "1;br"'), 'none of ours');
  t.same(
    asked('GET', ['br'], 'If-Match: "1;br"', 'Range: bytes=5-'),
    lines('If-Match: "1;br"', 'Range: bytes=5-'),
  );
  t.same(asked('GET', ['br'], 'Range: bytes=5-', date, 'A: b'), lines('A: b'));
  t.same(asked('GET', ['br'], 'Range: bytes=5-', 'If-Range: "1"'), lines('Range: bytes=5-', 'If-Range: "1"'));
  t.same(asked('GET', [], 'Range: bytes=5-', date), lines('Range: bytes=5-', date), 'none of ours');
});
