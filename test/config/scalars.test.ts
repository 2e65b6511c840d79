// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the configuration's variables.
import t from 'tap';
import { formatAddress, isLoopback } from '../../src/address.ts';
import { parseAddress } from '../../src/config/address.ts';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';
import { interpolate } from '../../src/config/interpolation.ts';
import type { Parsed } from '../../src/config/parsed.ts';
import { formatSize, parseSize } from '../../src/config/size.ts';
import { parseTag } from '../../src/config/tag-template.ts';
import { parseRedisUrl, parseUpstreamUrl } from '../../src/config/url.ts';
import { suggestion } from '../../src/suggestion.ts';

interface Row {
  readonly given: string;
  /** The value, or what the problem says. */
  readonly expect: unknown;
}

function rows(name: string, parse: (text: string) => Parsed<unknown>, table: readonly Row[]) {
  t.test(name, async (t) => {
    for (const { given, expect } of table) {
      const parsed = parse(given);
      if (expect instanceof RegExp) t.match('problem' in parsed ? parsed.problem : '', expect, given);
      else t.same('value' in parsed ? parsed.value : parsed.problem, expect, given);
    }
  });
}

rows('durations', parseDuration, [
  { given: '250ms', expect: 250 },
  { given: '30s', expect: 30_000 },
  { given: '5m', expect: 300_000 },
  { given: '1h30m', expect: 5_400_000 },
  { given: '2d', expect: 172_800_000 },
  { given: '1d2h3m4s5ms', expect: 93_784_005 },
  { given: '0s', expect: 0 },
  { given: '30', expect: /no unit – write `30s`/ },
  { given: '', expect: /not a duration/ },
  { given: '1.5s', expect: /not a duration/ },
  { given: '-1s', expect: /not a duration/ },
  { given: '30m1h', expect: /not a duration/ },
  { given: '5 m', expect: /not a duration/ },
  { given: '9999999999s', expect: /not a duration/ },
]);

rows('sizes', parseSize, [
  { given: '0B', expect: 0 },
  { given: '64KB', expect: 64_000 },
  { given: '64KiB', expect: 65_536 },
  { given: '256MiB', expect: 268_435_456 },
  { given: '1GiB', expect: 1_073_741_824 },
  { given: '1024', expect: /no unit – write `1024B`/ },
  { given: '64kb', expect: /not a size/ },
  { given: '1.5MiB', expect: /not a size/ },
]);

rows('addresses', parseAddress, [
  { given: '127.0.0.1:8080', expect: { host: '127.0.0.1', port: 8080 } },
  { given: 'LocalHost:0', expect: { host: 'localhost', port: 0 } },
  { given: '[::1]:8080', expect: { host: '::1', port: 8080 } },
  { given: '8080', expect: /port alone – write `127.0.0.1:8080`/ },
  { given: '127.0.0.1', expect: /not an address/ },
  { given: '127.0.0.1:65536', expect: /port 65536 does not exist/ },
  { given: '300.0.0.1:80', expect: /neither a host name/ },
  { given: '::1:80', expect: /not an address/ },
  { given: '[127.0.0.1]:80', expect: /not an IPv6 address/ },
  { given: 'a b:80', expect: /neither a host name/ },
]);

t.test('a port after a colon alone is every interface, which is not loopback', async (t) => {
  const parsed = parseAddress(':8080');
  const host = 'value' in parsed ? parsed.value.host : '';
  t.match(host, /^(::|0\.0\.0\.0)$/);
  t.notOk(isLoopback(host));
  for (const loopback of ['127.0.0.1', '127.8.9.1', '::1', 'localhost']) t.ok(isLoopback(loopback), loopback);
  for (const open of ['10.0.0.1', '127.example.org', '::', 'fe80::1']) t.notOk(isLoopback(open), open);
  t.equal(formatAddress({ host: '::1', port: 80 }), '[::1]:80');
});

rows('upstream URLs', parseUpstreamUrl, [
  { given: 'http://127.0.0.1:3000', expect: 'http://127.0.0.1:3000' },
  { given: 'HTTPS://API.example.org/', expect: 'https://api.example.org' },
  { given: 'ftp://127.0.0.1', expect: /scheme `ftp`/ },
  { given: 'http://127.0.0.1/base', expect: /has the path `\/base`/ },
  { given: 'http://127.0.0.1/?a', expect: /query or fragment/ },
  { given: 'http://u:hunter2@127.0.0.1', expect: /^(?!.*hunter2).*user or password/ },
  { given: '127.0.0.1:3000', expect: /not a URL/ },
  { given: 'http://127.0.0.1:99999', expect: /not a URL/ },
  { given: 'http://127.0.0.1:0', expect: /port 0/ },
]);

rows('Redis URLs', parseRedisUrl, [
  { given: 'redis://127.0.0.1:6379', expect: 'redis://127.0.0.1:6379' },
  { given: 'rediss://u:p@redis.example.org/3', expect: 'rediss://u:p@redis.example.org/3' },
  { given: 'http://127.0.0.1', expect: /scheme `http` is not Redis/ },
  { given: 'redis://:hunter2@', expect: /^(?!.*hunter2)/ },
  { given: 'redis:///0', expect: /names no host/ },
  { given: 'redis://h/db', expect: /not a number/ },
  { given: 'valkeys://u:p@h', expect: 'valkeys://u:p@h' },
  { given: 'redis-sentinel://u:p@h,[::1]:2/shop/3', expect: 'redis-sentinel://u:p@h,[::1]:2/shop/3' },
  { given: 'redis-cluster://h:1,h:2', expect: 'redis-cluster://h:1,h:2' },
  { given: 'redis://hunter2@h,i', expect: /^(?!.*hunter2).*several hosts.*redis-sentinel/ },
  { given: '127.0.0.1:6379', expect: /not a URL/ },
]);

const env = { SET: 'value', EMPTY: '', NESTED: '${SET}' };
rows('variables', (text) => interpolate(text, env), [
  { given: 'a ${SET} b', expect: 'a value b' },
  { given: '${SET}${SET}', expect: 'valuevalue' },
  { given: '${UNSET:-fall back}', expect: 'fall back' },
  { given: '${EMPTY:-fall back}', expect: 'fall back' },
  { given: '${EMPTY}', expect: '' },
  { given: '${UNSET:-}', expect: '' },
  { given: '$${SET}', expect: '${SET}' },
  { given: '${NESTED}', expect: '${SET}' },
  { given: '$SET $', expect: '$SET $' },
  { given: '${UNSET}', expect: /UNSET is not set/ },
  { given: '${toString}', expect: /toString is not set/ },
  { given: '${SET', expect: /names no variable/ },
  { given: '${1A}', expect: /names no variable/ },
  { given: '${UNSET:-${SET}}', expect: /names no variable/ },
]);

rows('tags', parseTag, [
  {
    given: 'product-{id}',
    expect: [
      { kind: 'text', text: 'product-' },
      { kind: 'param', name: 'id' },
    ],
  },
  {
    given: '{query.category}/{response.X-Tag}',
    expect: [
      { kind: 'query', name: 'category' },
      { kind: 'text', text: '/' },
      { kind: 'response', name: 'x-tag' },
    ],
  },
  { given: '{id', expect: /brace without its partner/ },
  { given: '{}', expect: /no variable/ },
  { given: '{request.x}', expect: /no variable/ },
  { given: 'a,b', expect: /no spaces, commas/ },
]);

t.test('what is written is what is read', async (t) => {
  for (const text of ['0s', '250ms', '1h30m', '2d', '1d1ms']) {
    const parsed = parseDuration(text);
    t.equal('value' in parsed && formatDuration(parsed.value), text);
  }
  for (const text of ['1GiB', '256MiB', '3KiB', '1000B']) {
    const parsed = parseSize(text);
    t.equal('value' in parsed && formatSize(parsed.value), text);
  }
});

t.test('suggestions', async (t) => {
  const known = ['stale-if-error', 'ttl', 'cookies', 'request-fields'];
  t.equal(suggestion('cookeis', known), 'cookies');
  t.equal(suggestion('staleIfError', known), 'stale-if-error');
  t.equal(suggestion('tll', known), 'ttl');
  t.equal(suggestion('request_field', known), 'request-fields');
  t.equal(suggestion('banana', known), undefined);
});
