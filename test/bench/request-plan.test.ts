import t from 'tap';
import { meshFields } from '../../bench/mesh-fields.ts';
import { cycle, renderPlan } from '../../bench/request-plan.ts';
import { SCENARIOS } from '../../bench/scenarios.ts';
import { answerBytes, sizeOf } from '../../bench/upstream-answer.ts';
import { zipf } from '../../bench/zipf.ts';

t.test('requests are rendered whole, and come in turn with numbers that nobody used before', (t) => {
  const requests = renderPlan({ paths: ['/a', '/b/{n}'], fields: (i) => [`x: ${i}`] });
  t.equal(requests[0], 'GET /a HTTP/1.1\r\nHost: shop.example\r\nx: 0\r\n\r\n');
  const next = cycle(requests, 3);
  const paths = Array.from({ length: 5 }, () => next().split(' ')[1]);
  t.same(paths, ['/a', '/b/3-2', '/a', '/b/3-4', '/a']);
  t.end();
});

t.test('popular keys are drawn as Zipf’s law has it, and the same each time', (t) => {
  const drawn = zipf(1000, 100_000);
  t.same(drawn, zipf(1000, 100_000));
  const count = (key: number) => drawn.filter((each) => each === key).length;
  // The k-th has 1/k of the first's share; that one's is 1 / H(1000) = 13.4 %.
  t.ok(Math.abs(count(0) / 13_360 - 1) < 0.05, `first: ${count(0)}`);
  t.ok(Math.abs(count(9) / 1_336 - 1) < 0.15, `tenth: ${count(9)}`);
  t.ok(drawn.every((key) => Number.isInteger(key) && key >= 0 && key < 1000));
  t.end();
});

t.test('each path has a size of its own, within the bounds', (t) => {
  const sizes = Array.from({ length: 1000 }, (_, i) => sizeOf(`/products/${i}`, { least: 1024, most: 8192 }));
  t.ok(sizes.every((size) => size >= 1024 && size <= 8192));
  t.ok(new Set(sizes).size > 500);
  t.equal(sizeOf('/products/7-12', { least: 1024, most: 8192 }), sizes[12]);
  t.equal(sizeOf('/x', { least: 10, most: 10 }), 10);
  t.match(answerBytes(200, 5, 'no-cache', 'now').toString(), /Content-Length: 5\r\n(?:.+\r\n)+\r\n.{5}$/);
  t.match(answerBytes(304, 5, 'no-cache', 'now').toString(), /^HTTP\/1\.1 304 .*\r\n\r\n$/s);
  t.end();
});

t.test('ten fields come with each request of the mesh, two of them new', (t) => {
  const [one, other] = [meshFields(1), meshFields(2)];
  t.equal(one.length, 10);
  t.equal(one.filter((line, i) => line !== other[i]).length, 2);
  t.match(one.at(-1), /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  t.end();
});

t.test('what 1 GiB is offered as adds up to it', (t) => {
  const overfull = SCENARIOS.find(({ name }) => name === 'overfull memory');
  const paths = overfull?.plan().paths ?? [];
  const total = paths.reduce((sum, path) => sum + sizeOf(path, { least: 1024, most: 65_536 }), 0);
  t.ok(Math.abs(total / 2 ** 30 - 1) < 0.001, `${total} bytes`);
  t.end();
});
