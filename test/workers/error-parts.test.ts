import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { OperatorError } from '../../src/errors.ts';
import { errorOf, partsOf } from '../../src/workers/error-parts.ts';

const moved = (error: unknown) => errorOf(structuredClone(partsOf(error)));

t.test('what Node says of a system call survives', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const { port } = holder.address() as { port: number };
  const other = createServer().listen(port, '127.0.0.1');
  const [error] = await once(other, 'error');
  const { code, syscall, address } = moved(error) as NodeJS.ErrnoException & { address: string };
  t.same({ code, syscall, address }, { code: 'EADDRINUSE', syscall: 'listen', address: '127.0.0.1' });
  t.match(moved(error), { message: error.message, port });
});

t.test('one that a person can act on stays one', async (t) => {
  const error = moved(new OperatorError('choose another port'));
  t.ok(error instanceof OperatorError);
  t.equal(error.message, 'choose another port');
  t.notOk(moved(new Error('x')) instanceof OperatorError);
});

t.test('nothing is said of what is not known', async (t) => {
  t.same(partsOf(new Error('x')), { message: 'x', isOperators: false });
  t.same(Object.keys(moved(new Error('x'))), []);
});

t.test('anything can be thrown', async (t) => {
  for (const [thrown, message] of [
    ['text', 'text'],
    [undefined, 'undefined'],
    [7, '7'],
  ] as const) {
    const error = moved(thrown);
    t.ok(error instanceof Error);
    t.equal(error.message, message);
  }
});
