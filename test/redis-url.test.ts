import t from 'tap';
import { readRedisUrl } from '../src/redis-url.ts';

const understood = [
  {
    given: 'redis://cache',
    expect: { kind: 'server', hosts: [{ host: 'cache', port: 6379 }], tls: false, db: 0 },
  },
  { given: 'REDISS://cache:7000/2', expect: { hosts: [{ host: 'cache', port: 7000 }], tls: true, db: 2 } },
  { given: 'redis://[::1]:7000/', expect: { hosts: [{ host: '::1', port: 7000 }] } },
  { given: 'redis://me:p%2Fw@h', expect: { username: 'me', password: 'p/w' } },
  { given: 'redis://:p:w@h', expect: { username: undefined, password: 'p:w' } },
  { given: 'redis://me:a@b@h', expect: { username: 'me', password: 'a@b', hosts: [{ host: 'h' }] } },
  { given: 'redis://me@h', expect: { username: 'me', password: undefined } },
  { given: 'valkey://h:1', expect: { kind: 'server', hosts: [{ host: 'h', port: 1 }], tls: false } },
  { given: 'valkeys://h', expect: { tls: true } },
  {
    given: 'redis-sentinel://me:pw@a,b:2,[::1]:3/shop.main-1/4',
    expect: {
      kind: 'sentinel',
      hosts: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 2 },
        { host: '::1', port: 3 },
      ],
      master: 'shop.main-1',
      db: 4,
      username: 'me',
      password: 'pw',
      tls: false,
    },
  },
  { given: 'rediss-sentinel://a/shop', expect: { kind: 'sentinel', master: 'shop', db: 0, tls: true } },
  { given: 'valkey-sentinel://a/shop', expect: { kind: 'sentinel', tls: false } },
  { given: 'valkeys-sentinel://a/shop', expect: { kind: 'sentinel', tls: true } },
  {
    given: 'redis-cluster://:pw@a:7000,b',
    expect: {
      kind: 'cluster',
      hosts: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 6379 },
      ],
      master: '',
      password: 'pw',
    },
  },
  { given: 'redis-cluster://a/0', expect: { kind: 'cluster', db: 0 } },
  { given: 'rediss-cluster://a', expect: { kind: 'cluster', tls: true } },
  { given: 'valkeys-cluster://a/', expect: { kind: 'cluster', tls: true } },
];
for (const { given, expect } of understood) {
  t.test(given, async (t) => {
    t.match(readRedisUrl(given), { value: expect });
  });
}

const refused = [
  { given: 'hunter2', expect: /not a URL/ },
  { given: 'h:6379', expect: /not a URL/ },
  { given: 'redis://h unter2', expect: /not a URL/ },
  { given: 'http://h', expect: /scheme `http`/ },
  { given: 'rediss-clusters://h', expect: /scheme `rediss-clusters`/ },
  { given: 'redis://', expect: /no host/ },
  { given: 'redis://:hunter2@', expect: /no host/ },
  { given: 'redis://hunter2,b', expect: /several hosts/ },
  { given: 'redis-cluster://a,', expect: /a host that is none/ },
  { given: 'redis-cluster://::1', expect: /a host that is none/ },
  { given: 'redis://[10.0.0.1]', expect: /a host that is none/ },
  { given: 'redis://h:0', expect: /port outside/ },
  { given: 'redis://h:65536', expect: /port outside/ },
  { given: 'redis://h/hunter2', expect: /not a number/ },
  { given: 'redis://h/1/2', expect: /not a number/ },
  { given: 'redis-sentinel://h', expect: /names no master/ },
  { given: 'redis-sentinel://h//1', expect: /names no master/ },
  { given: 'redis-sentinel://h/a%20b', expect: /names no master/ },
  { given: 'redis-sentinel://h/shop/hunter2', expect: /not a number/ },
  { given: 'redis-cluster://h/1', expect: /database 0 alone/ },
  { given: 'redis://h?hunter2', expect: /query or fragment/ },
  { given: 'redis-cluster://h#hunter2', expect: /query or fragment/ },
  { given: 'redis://me:hunter2%@h', expect: /user or password/ },
  { given: 'redis-cluster://me:hunter2@a,me:hunter2@b', expect: /once, before all hosts/ },
  { given: 'redis-sentinel://me:hunter2@x@h/m', expect: /once, before all hosts/ },
];
for (const { given, expect } of refused) {
  t.test(`refused: ${given}`, async (t) => {
    const read = readRedisUrl(given);
    if (!('problem' in read)) throw new Error('understood');
    t.match(read.problem, expect);
    t.notMatch(read.problem, /hunter2/);
  });
}
