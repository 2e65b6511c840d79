import t from 'tap';
import { createExchange, type Exchange } from '../../src/proxy/exchange.ts';
import { createLastAnswers } from '../../src/proxy/last-answers.ts';
import { createNobody } from '../../src/proxy/nobody.ts';
import type { UpstreamHead } from '../../src/proxy/ports.ts';

const AT = Date.UTC(2024, 0, 1);

function exchangeOf(path: string, method = 'GET', url = ''): Exchange {
  const request = { method, scheme: 'http', authority: 'a', path, query: 'b=1', fields: [] } as const;
  return Object.assign(
    createExchange('id', request, createNobody(), 0, () => {}),
    { url },
  );
}

const headOf = (...fields: string[]): UpstreamHead => ({ status: 200, fields, framing: 'length', length: 3 });

t.test('keeps what decides, and no secret', async (t) => {
  const answers = createLastAnswers();
  const x = exchangeOf('/p');
  x.cache = { hit: false, fwd: 'bypass', detail: 'cookie' };
  const fields = ['Cache-Control', 'private', 'X-Secret', 's', 'Set-Cookie', 'sid=abc; Path=/'];
  answers.note(x, headOf(...fields, 'Set-Cookie', 'odd', 'ETag', '"1"'), AT);
  t.same(answers.find('GET', ['http://a/p', 'http://a/p?b=1']), {
    status: 200,
    fields: ['cache-control', 'private', 'set-cookie', 'sid', 'set-cookie', '', 'etag', '"1"'],
    framing: 'length',
    length: 3,
    at: AT,
    detail: 'cookie',
  });
  t.equal(answers.find('POST', ['http://a/p?b=1']), undefined, 'a method of its own');
  t.equal(answers.find('GET', ['http://a/p']), undefined, 'by the whole URL');
});

t.test('goes by the effective URL where there is one', async (t) => {
  const answers = createLastAnswers();
  answers.note(exchangeOf('/p', 'HEAD', 'http://a/p'), headOf(), AT);
  t.ok(answers.find('HEAD', ['http://a/p']));
  t.same(answers.find('HEAD', ['http://a/p'])?.fields, []);
});

t.test('an answer is noted anew after a second, or with another status', async (t) => {
  const answers = createLastAnswers();
  const note = (cacheControl: string, status: number, at: number) =>
    answers.note(exchangeOf('/p'), { ...headOf('Cache-Control', cacheControl), status }, at);
  const noted = () => answers.find('GET', ['http://a/p?b=1'])?.fields[1];
  note('a', 200, AT);
  note('b', 200, AT + 999);
  t.equal(noted(), 'a');
  note('c', 404, AT + 999);
  t.equal(noted(), 'c');
  note('d', 404, AT + 1_999);
  t.equal(noted(), 'd');
  note('e', 404, AT);
  t.equal(noted(), 'e', 'after the clock was set back');
});

t.test('is bounded: in number, in characters, within a second', async (t) => {
  const few = createLastAnswers(2, 1_000_000);
  const long = createLastAnswers(1_000, 300);
  const hasty = createLastAnswers();
  const has = (answers: typeof few, i: number) => answers.find('GET', [`http://a/${i}?b=1`]) !== undefined;
  for (let i = 0; i < 300; i++) {
    few.note(exchangeOf(`/${i}`), headOf(), AT + i * 1_000);
    long.note(exchangeOf(`/${i}`), headOf('Vary', 'x'.repeat(100)), AT + i * 1_000);
    hasty.note(exchangeOf(`/${i}`), headOf(), AT);
  }
  t.same(
    [297, 298, 299].map((i) => has(few, i)),
    [false, true, true],
  );
  t.same(
    [297, 298, 299].map((i) => has(long, i)),
    [false, true, true],
  );
  t.same(
    [0, 249, 250].map((i) => has(hasty, i)),
    [true, true, false],
  );
  few.note(exchangeOf('/long'), headOf('Vary', 'x'.repeat(5_000)), AT);
  t.same(few.find('GET', ['http://a/long?b=1'])?.fields, [], 'no value is kept in part');
  few.note(exchangeOf(`/${'y'.repeat(5_000)}`), headOf(), AT);
  t.ok(has(few, 299), 'a URL that is too long pushes nothing out');
});
