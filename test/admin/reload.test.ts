import t from 'tap';
import { OperatorError } from '../../src/errors.ts';
import type { AuditOrigin } from '../../src/observe/audit.ts';
import { eventually } from '../fixtures/eventually.ts';
import { running } from './running.ts';

const token = 'purge-me';

t.test('a good file', async (t) => {
  const origins: AuditOrigin[] = [];
  const { call } = await running(t, {
    async reload(origin) {
      origins.push(origin);
    },
  });
  t.match(await call('POST', '/reload', { token }), {
    status: 200,
    json: { status: 'reloaded', routes: ['product', 'list'] },
  });
  t.match(origins, [{ by: 'deploy', from: '127.0.0.1', requestId: String }]);
  const { status } = await call('POST', '/reload', { token, body: { 'dry-run': true } });
  t.same([status, origins.length], [400, 1], 'a body would be taken for an order');
});

t.test('a file with mistakes lists them all', async (t) => {
  const problems = [
    { source: 'p.yaml', line: 3, column: 5, path: 'routes[0].ttl', message: 'not a duration' },
    { source: 'p.yaml', line: 9, column: 1, path: 'routs', message: 'unknown' },
  ];
  const { call } = await running(t, {
    async reload() {
      throw Object.assign(new OperatorError('p.yaml:3:5 …\np.yaml:9:1 …'), { problems });
    },
  });
  const { status, json } = await call('POST', '/reload', { token });
  t.equal(status, 422);
  t.same(json.problems, problems);
  t.match(json.detail ?? '', /^The running configuration stays/);
});

t.test('any other operator error is the only problem; a bug is a 500', async (t) => {
  const errors = [new OperatorError('no file'), new TypeError('bug')];
  const { call } = await running(t, {
    async reload() {
      throw errors.shift();
    },
  });
  t.match(await call('POST', '/reload', { token }), {
    status: 422,
    json: { problems: [{ message: 'no file' }] },
  });
  const second = await call('POST', '/reload', { token });
  t.equal(second.status, 500);
  t.notMatch(second.text, 'bug');
});

t.test('one at a time', async (t) => {
  const underWay: (() => void)[] = [];
  const { call } = await running(t, {
    reload: () => new Promise<void>((resolve) => void underWay.push(resolve)),
  });
  const first = call('POST', '/reload', { token });
  await eventually(() => underWay.length === 1);
  t.equal((await call('POST', '/reload', { token })).status, 409);
  underWay[0]?.();
  t.equal((await first).status, 200);
  const third = call('POST', '/reload', { token });
  await eventually(() => underWay.length === 2);
  underWay[1]?.();
  t.equal((await third).status, 200);
});
