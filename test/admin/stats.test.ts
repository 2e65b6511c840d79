import t from 'tap';
import { running } from './running.ts';

const token = 'read-me';

t.test('stats, metrics and the configuration', async (t) => {
  const { call } = await running(t);
  const { json, headers } = await call('GET', '/stats?pretty', { token });
  t.equal(headers['content-type'], 'application/json');
  t.match(json, {
    requests: 0,
    hits: 0,
    misses: 0,
    hitRate: null,
    outcomes: { hit: 0 },
    responseTime: { all: { count: 0 }, hits: { p999: null }, forwarded: { average: null } },
    routes: { product: { requests: 0 }, list: {}, none: {} },
    memory: null,
    redis: null,
    purges: {
      applied: 0,
      pending: 0,
      trusted: true,
      confirmedAgo: 0,
      beyondLease: false,
      lag: { count: 0, p99: null },
      replicas: { known: 1, silent: 0 },
    },
  });
  const metrics = await call('GET', '/metrics', { token });
  t.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.match(metrics.text, /^cacheside_requests_total\{route="product",outcome="hit"\} 0$/m);
  t.match((await call('GET', '/config', { token })).json, { redis: '[masked]' });
});

t.test('a failing source is a 500 that tells nothing', async (t) => {
  const { call, log } = await running(t, {
    config() {
      throw new Error('s3cret');
    },
  });
  const { status, text } = await call('GET', '/config', { token });
  t.equal(status, 500);
  t.notMatch(text, 's3cret');
  t.match(
    log.find((line) => line.msg === 'admin request failed'),
    { err: { message: 's3cret' } },
  );
  t.equal((await call('GET', '/healthz')).status, 200);
});
