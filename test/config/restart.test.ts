import t from 'tap';
import { describeConfig } from '../../src/config/describe.ts';
import { loadConfig } from '../../src/config/load.ts';
import { refuseRestart } from '../../src/config/restart.ts';

const load = (yaml: string) =>
  loadConfig({ file: 'a.yaml', flags: {}, env: {}, readFile: () => `upstream: http://127.0.0.1:1\n${yaml}` });

t.test('what a reload can change', (t) => {
  const before = load('');
  t.doesNotThrow(() => refuseRestart(before, load('')));
  t.doesNotThrow(() => refuseRestart(before, load('routes: [{match: /a, ttl: 1s}]\nlog: {level: warn}\n')));
  t.throws(() => refuseRestart(before, load('listen: :81\nclients: {max-fields: 9}\n')), {
    message: /^Nothing was reloaded: listen, clients changed, which needs a restart/,
  });
  t.throws(() => refuseRestart(before, load('redis: redis://a\n')), { message: /redis changed/ });
  t.throws(() => refuseRestart(before, load('log: {access: false}\n')), { message: /log\.access changed/ });
  t.end();
});

t.test('the effective configuration shows no secret', (t) => {
  const shown = JSON.stringify(
    describeConfig(
      load(
        'admin: {tokens: [{name: ci, token: s3cret-s3cret-s3cret, scopes: [read]}]}\nredis: "redis://u:pa55@h/1"\n',
      ),
    ),
  );
  t.notMatch(shown, /s3cret|pa55/);
  t.match(shown, /"name":"ci"/);
  t.match(shown, 'redis://***@h/1');
  t.end();
});

for (const [written, expected] of [
  ['redis://u:pa55@wo4d@h', 'redis://***@h'],
  ['redis-sentinel://u:pa55@a:1,[::1]:2/shop', 'redis-sentinel://***@a:1,[::1]:2/shop'],
  ['rediss-cluster://:pa55@a:1,b', 'rediss-cluster://***@a:1,b'],
] as const) {
  t.test(`a password in ${written} is not shown`, async (t) => {
    const sentinels = written.includes('sentinel') ? 'sentinel-password: s3cret, ' : '';
    const document = `redis: {url: "${written}", ${sentinels}hmac-key: s3cret-s3cret-s3cret}\n`;
    const shown = JSON.stringify(describeConfig(load(document)));
    t.notMatch(shown, /s3cret|pa55|wo4d/);
    t.ok(shown.includes(`"${expected}"`), shown);
  });
}
