// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the configuration's variables.
import t, { type Test } from 'tap';
import { problemsOf, routes } from './load.ts';

interface Row {
  readonly id: string;
  readonly given: string;
  /** `line:column path`, and what the message says, one pair per problem. */
  readonly expect: readonly (readonly [place: string, message: RegExp])[];
  readonly env?: Readonly<Record<string, string>>;
}

const U = 'upstream: http://127.0.0.1:3000';

const FILES: readonly Row[] = [
  { id: 'syntax', given: `${U}\nlog: [`, expect: [['2:7 ', /not valid YAML/]] },
  { id: 'no mapping', given: '- a', expect: [['1:1 ', /not a list of keys and values/]] },
  {
    id: 'two documents',
    given: `${U}\n---\n${U}`,
    expect: [['2:1 ', /a second document begins here – keep one/]],
  },
  {
    id: 'no space behind the colon',
    given: `${U}\nmemory:64MiB`,
    expect: [['2:1 ', /^`memory:` has no space behind its colon – write `memory: VALUE`$/]],
  },
  {
    id: 'the same, and no more',
    given: 'upstream:http://x',
    expect: [['1:1 ', /write `upstream: VALUE`/]],
  },
  {
    id: 'the same in a section',
    given: `${U}\ndefaults:\n  ttl:5m`,
    expect: [['3:3 defaults', /write `ttl: VALUE`/]],
  },
  {
    id: 'a password of Sentinels that are not named',
    given: `${U}\nredis: {url: 'redis://h', sentinel-password: p}`,
    expect: [['2:27 redis.sentinel-password', /that of Sentinels, and the URL names none/]],
  },
  {
    id: 'namespace alone',
    given: `${U}\nredis: {namespace: x}`,
    expect: [['2:20 redis.namespace', /no effect without Redis/]],
  },
  {
    id: 'a breaker',
    given:
      "upstream: {url: 'http://a', breaker: {failures: 0%, at-least: 0, open: 40s, statuses: [200, 5xx, 4xx]}}",
    expect: [
      ['1:49 upstream.breaker.failures', /`0%` is not a share between 1% and 100%/],
      ['1:63 upstream.breaker.at-least', /from 1 to 1000000/],
      ['1:88 upstream.breaker.statuses[0]', /`200` is not a whole number from 400 to 599/],
      ['1:98 upstream.breaker.statuses[2]', /`4xx` is not a status of failure – write `503` or `5xx`/],
    ],
  },
  {
    id: 'a breaker that waits longer than its longest',
    given: "upstream: {url: 'http://a', breaker: {open: 40s}}",
    expect: [['1:29 upstream.breaker.longest', /is shorter than `open`/]],
  },
  {
    id: 'a breaker that is no section',
    given: "upstream: {url: 'http://a', breaker: on}",
    expect: [['1:38 upstream.breaker', /`on` is not understood here – write `off`/]],
  },
  { id: 'empty file', given: '# nothing\n', expect: [['1:1 upstream', /is missing – .*--upstream/]] },
  {
    id: 'unknown keys, nested too',
    given: `upsteam: x\n${U}\nlog: {levl: info}`,
    expect: [
      ['1:1 upsteam', /unknown key `upsteam` – did you mean `upstream`\?/],
      ['3:7 log.levl', /did you mean `level`/],
    ],
  },
  {
    id: 'unlike anything',
    given: `${U}\nbanana: 1`,
    expect: [['2:1 banana', /known here: listen, upstream.*, defaults, routes$/]],
  },
  {
    id: 'the large sections misspelt',
    given: `${U}\nrotues: []\ndefault: {ttl: 5s}`,
    expect: [
      ['2:1 rotues', /did you mean `routes`/],
      ['3:1 default', /did you mean `defaults`/],
    ],
  },
  {
    id: 'a setting of routes at the top',
    given: `${U}\nttl: 5s\nmatch: /a`,
    expect: [
      ['2:1 ttl', /belongs under `defaults`, or in a route of `routes`$/],
      ['3:1 match', /belongs in a route of `routes`$/],
    ],
  },
  {
    id: 'duplicate key',
    given: `${U}\nlog: {access: true}\nlog: {access: true}`,
    expect: [['3:1 ', /`log` stands twice/]],
  },
  { id: '__proto__', given: `${U}\n__proto__: {x: 1}`, expect: [['2:1 __proto__', /unknown key/]] },
  {
    id: '__proto__ where names are free',
    given: routes('- match: /a', '  response: {set: {__proto__: x}}'),
    expect: [['4:22 routes[0].response.set.__proto__', /unknown key/]],
  },
  { id: 'constructor', given: `${U}\nconstructor: 1`, expect: [['2:1 constructor', /unknown key/]] },
  { id: 'merge key', given: `${U}\nlog:\n  <<: {level: info}`, expect: [['3:3 log.<<', /unknown key/]] },
  { id: 'no value', given: `${U}\nlog:\n  level:\n`, expect: [['3:9 log.level', /has no value/]] },
  {
    id: 'bare number',
    given: `${U}\ndrain-timeout: 30`,
    expect: [['2:16 drain-timeout', /no unit – write `30s`/]],
  },
  {
    id: 'bounds',
    given: `${U}\nmemory: {limit: 1KiB, sweep: 2d}`,
    expect: [
      ['2:17 memory.limit', /least is `1MiB`/],
      ['2:30 memory.sweep', /most is `1d`/],
    ],
  },
  {
    id: 'short form',
    given: `upstream: ftp://x\nmemory: 12\nredis: localhost`,
    expect: [
      ['1:11 upstream', /scheme `ftp`/],
      ['2:9 memory', /no unit/],
      ['3:8 redis', /not a URL/],
    ],
  },
  {
    id: 'wrong types',
    given: `${U}\nlog: [x]\nclients: 3\nadmin: on`,
    expect: [
      ['2:1 log', /expected keys and values/],
      ['3:10 clients', /expected keys and values/],
      ['4:8 admin', /write `off`/],
    ],
  },
  {
    id: 'words',
    given: `${U}\nlog: {level: warning, access: yes}`,
    expect: [
      ['2:14 log.level', /did you mean `warn`/],
      ['2:31 log.access', /neither true nor false/],
    ],
  },
  {
    id: 'open admin port',
    given: `${U}\nadmin: {listen: '0.0.0.0:9090'}`,
    expect: [['2:17 admin.listen', /anybody who reaches/]],
  },
  {
    id: 'two kinds of token',
    given: `${U}\nadmin: {token: a, tokens: [{name: a, token: b}]}`,
    expect: [['2:9 admin.token', /beside `tokens`/]],
  },
  {
    id: 'one token twice',
    given: `${U}\nadmin: {tokens: [{name: a, token: s}, {name: b, token: s}]}`,
    expect: [['2:39 admin.tokens[1]', /the name or the token of tokens\[0\]/]],
  },
  {
    id: 'tokens that are wrong in several ways at once',
    given: `${U}\nadmin: {listen: ':9090', lisen: x, tokens: [{name: a, token: s, scopes: [raed]}, {name: a, token: t, scopes: []}], token: u}`,
    expect: [
      ['2:26 admin.lisen', /did you mean `listen`/],
      ['2:74 admin.tokens[0].scopes[0]', /did you mean `read`/],
      ['2:82 admin.tokens[1]', /the name or the token of tokens\[0\]/],
      ['2:102 admin.tokens[1].scopes', /may do nothing/],
      ['2:116 admin.token', /beside `tokens`/],
    ],
  },
  {
    id: 'an open admin port beside another mistake',
    given: `${U}\nadmin: {listen: '0.0.0.0:9090', tken: x}`,
    expect: [
      ['2:17 admin.listen', /anybody who reaches/],
      ['2:33 admin.tken', /did you mean `token`/],
    ],
  },
  {
    id: 'bad tokens are tokens: the port is not called open',
    given: `${U}\nadmin: {listen: '0.0.0.0:9090', tokens: [{name: a, token: 'a b'}, {name: b, token: 'c d'}]}`,
    expect: [
      ['2:59 admin.tokens[0].token', /no spaces/],
      ['2:84 admin.tokens[1].token', /no spaces/],
    ],
  },
  {
    id: 'its own upstream',
    given: 'upstream: http://localhost:8080',
    expect: [['1:11 upstream', /is Cacheside itself/]],
  },
  {
    id: 'its own upstream, on every interface',
    given: 'upstream: {url: "http://127.0.0.1:81"}\nlisten: :81',
    expect: [['1:17 upstream.url', /is Cacheside itself/]],
  },
  {
    id: 'one address twice',
    given: `${U}\nlisten: 127.0.0.1:9090`,
    expect: [['2:9 listen', /are the same address/]],
  },
  {
    id: 'absent authority',
    given: `upstream:\n  url: https://x\n  tls: {ca: ca.pem}`,
    expect: [['3:13 upstream.tls.ca', /there is no file/]],
  },
  {
    id: 'unset variable',
    given: `upstream: \${NOPE}\nlog: {level: "\${NOPE:-x}"}`,
    expect: [
      ['1:11 upstream', /NOPE is not set/],
      ['2:14 log.level', /is not understood/],
    ],
  },
  {
    id: 'a value stays a value',
    given: `${U}\nlog: "\${EVIL}"`,
    env: { EVIL: '{level: debug}' },
    expect: [['2:6 log', /expected keys and values/]],
  },
  {
    id: 'tag',
    given: `${U}\nlisten: !!binary aGk=`,
    expect: [['2:18 listen', /tag `tag:yaml.org,2002:binary` is not understood/]],
  },
  {
    id: 'alias bomb',
    given: `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n${U}`,
    expect: [
      ['1:1 a', /unknown/],
      ['2:1 b', /unknown/],
      ['2:8 d[0][2][0]', /more than 100 aliases/],
      ['3:1 c', /unknown/],
      ['4:1 d', /unknown/],
    ],
  },
];

const ROUTES: readonly Row[] = [
  {
    id: 'bounds of a route',
    given: routes(
      '- {match: /a, concurrency: 0}',
      '- {match: /b, concurrency: many}',
      '- {match: /c, concurrency: {queue: 3}}',
      '- {match: /d, concurrency: {limit: 1, tiemout: 3s}}',
      '- {match: /e, concurrency: [1]}',
    ),
    expect: [
      ['3:30 routes[0].concurrency', /`0` is not a whole number from 1 to 100000/],
      ['4:30 routes[1].concurrency', /`many` is not understood here – write a number, or `off`/],
      ['5:17 routes[2].concurrency.limit', /is missing – write a whole number/],
      ['6:41 routes[3].concurrency.tiemout', /did you mean `timeout`\?/],
      ['7:17 routes[4].concurrency', /expected a number, `off`, or keys and values/],
    ],
  },
  {
    id: 'an alias inside of itself',
    given: `routes: &a [*a]\n${U}`,
    expect: [['1:13 routes[0]', /`\*a` stands inside what it is an alias of – write the value out/]],
  },
  {
    id: 'an alias inside of itself, in a map',
    given: `${U}\ndefaults: &a\n  key: {query: *a}\n  ttl: 5`,
    expect: [
      ['3:16 defaults.key.query', /stands inside/],
      ['4:8 defaults.ttl', /no unit/],
    ],
  },
  {
    id: 'an alias twice, and not inside of itself',
    given: `${U}\nroutes:\n  - {match: /a, tags: &t [x]}\n  - {match: /b, tags: *t, purge: *t}`,
    expect: [],
  },
  { id: 'no list', given: `${U}\nroutes: {match: /a}`, expect: [['2:1 routes', /expected a list/]] },
  { id: 'empty list', given: `${U}\nroutes: []`, expect: [['2:1 routes', /the list is empty/]] },
  {
    id: 'no match',
    given: routes('- ttl: 1s'),
    expect: [['3:5 routes[0].match', /is missing – write for instance/]],
  },
  {
    id: 'list as match',
    given: routes('- match: [/a, /b]'),
    expect: [['3:5 routes[0].match', /expected one value/]],
  },
  {
    id: 'method',
    given: routes('- match: GTE /a'),
    expect: [['3:12 routes[0].match', /did you mean `GET`/]],
  },
  {
    id: 'lower-case method',
    given: routes('- match: get /a'),
    expect: [['3:12 routes[0].match', /did you mean `GET`/]],
  },
  {
    id: 'a star without quotes',
    given: routes('- match: *', '- {match: */b}', '- {match: /c, when: {host: *.example.org}}'),
    expect: [
      ['3:12 routes[0].match', /`\*` is an alias in YAML, and of nothing – quote it: '\*'/],
      ['4:13 routes[1].match', /quote it: '\*\/b'/],
      ['5:30 routes[2].when.host', /quote it: '\*\.example\.org'/],
    ],
  },
  ...[
    { id: 'before others', given: routes('- ttl:5m', '  match: /a') },
    { id: 'between others', given: routes('- match: /a', '  ttl:5m', '  max-ttl: 6m') },
    { id: 'behind others', given: routes('- match: /a', '  ttl:5m') },
  ].map(({ id, given }) => ({
    id: `no space behind the colon ${id}`,
    given,
    expect: [[id === 'before others' ? '3:5 ' : '4:5 ', /`ttl:` has no space/]] as const,
  })),
  {
    id: 'no space behind the colon in braces',
    given: routes('- {match: /a, ttl:5m}'),
    expect: [['3:17 routes[0].ttl', /write `ttl: VALUE`/]],
  },
  {
    id: 'expression',
    given: routes('- match: ^(a+)+$'),
    expect: [['3:12 routes[0].match', /does not begin with `\/`/]],
  },
  {
    id: 'expression in a path',
    given: routes('- match: /[a-z]+'),
    expect: [['3:12 routes[0].match', /no regular expressions/]],
  },
  { id: 'stars', given: routes('- match: /*a*a*a*b'), expect: [['3:12 routes[0].match', /several `\*`/]] },
  {
    id: 'query in a pattern',
    given: routes("- match: '/a?b'"),
    expect: [['3:12 routes[0].match', /match the query with `when/]],
  },
  {
    id: 'dot segment',
    given: routes('- match: /a/../b'),
    expect: [['3:12 routes[0].match', /no normalised path/]],
  },
  {
    id: 'parameter twice',
    given: routes('- match: /:id/:id'),
    expect: [['3:12 routes[0].match', /stands twice/]],
  },
  {
    id: 'half a segment',
    given: routes('- match: /a-:id'),
    expect: [['3:12 routes[0].match', /mixes a parameter with text/]],
  },
  {
    id: 'names',
    given: routes('- {name: a, match: /a}', '- {name: a, match: /b}'),
    expect: [['4:12 routes[1].name', /already named `a`/]],
  },
  {
    id: 'derived names',
    given: routes('- match: /a/b', '- {match: /a/:b}'),
    expect: [['4:5 routes[1]', /without a name it is `a-b`/]],
  },
  {
    id: 'unreachable',
    given: routes('- match: GET|HEAD /a/:id', '- {name: b, match: GET /a/:x, when: {host: h}}'),
    expect: [['4:22 routes[1].match', /never reached: `get-head-a-id`/]],
  },
  {
    id: 'behind a catch-all',
    given: routes('- match: "*"', '- match: /a'),
    expect: [['4:12 routes[1].match', /never reached: `any`/]],
  },
  {
    id: 'reachable',
    given: routes(
      '- {name: one, match: /b, when: {query: {p: "1"}}}',
      '- {name: two, match: /b, when: {headers: {x: true}}}',
      '- {name: three, match: /b, when: {host: h}}',
      '- {name: rest, match: /b}',
    ),
    expect: [],
  },
  {
    id: 'reachable by another method',
    given: routes('- {match: GET /a, when: {query: {p: "1"}}}', '- {match: /a}', '- {match: /*}'),
    expect: [],
  },
  {
    id: 'tag parameter',
    given: routes('- match: /p/:id', '  tags: ["p-{idd}"]'),
    expect: [['4:12 routes[0].tags[0]', /no parameter `:idd` – did you mean `{id}`/]],
  },
  {
    id: 'inherited tag parameter',
    given: `defaults: {tags: ["p-{id}"]}\n${routes('- match: /p')}`,
    expect: [['1:19 defaults.tags[0]', /`\/p` has no parameter/]],
  },
  {
    id: 'ttl above max-ttl',
    given: routes('- {match: /a, ttl: 2m, max-ttl: 1m}'),
    expect: [['3:22 routes[0].ttl', /above `max-ttl` \(1m\)/]],
  },
  {
    id: 'inherited ttl above max-ttl',
    given: `defaults: {ttl: 2m}\n${routes('- {match: /a, max-ttl: 1m}')}`,
    expect: [['4:26 routes[0].max-ttl', /`ttl` \(2m\) is above/]],
  },
  {
    id: 'both in defaults',
    given: `defaults: {ttl: 2m, max-ttl: 1m}\n${routes('- match: /a')}`,
    expect: [['1:17 defaults.ttl', /above/]],
  },
  {
    id: 'status above max-ttl',
    given: routes('- {match: /a, max-ttl: 1m, status-ttl: {5xx: 2m}}'),
    expect: [['3:30 routes[0].status-ttl', /lifetime of 500 \(2m\)/]],
  },
  {
    id: 'statuses',
    given: routes('- {match: /a, status-ttl: {4x: 1s, 304: 1s, 99: 1s, 404: 5}}'),
    expect: [
      ['3:30 routes[0].status-ttl.4x', /not a status/],
      ['3:38 routes[0].status-ttl.304', /never stored/],
      ['3:47 routes[0].status-ttl.99', /not a status/],
      ['3:60 routes[0].status-ttl.404', /no unit/],
    ],
  },
  {
    id: 'statuses of one request alone, or of the network between',
    given: routes('- {match: /a, status-ttl: {4xx: 1s, 431: 1s, 511: 1s}}'),
    expect: [
      ['3:39 routes[0].status-ttl.431', /a 431 is never stored/],
      ['3:48 routes[0].status-ttl.511', /a 511 is never stored/],
    ],
  },
  {
    id: 'status names',
    given: routes('- {match: /a, status-ttl: {4x: 1s, 304: 1s, 99: 1s}}'),
    expect: [
      ['3:30 routes[0].status-ttl.4x', /not a status/],
      ['3:38 routes[0].status-ttl.304', /never stored/],
      ['3:47 routes[0].status-ttl.99', /not a status/],
    ],
  },
  {
    id: 'nothing to go by',
    given: routes('- {match: /a, origin: ignore}'),
    expect: [['3:25 routes[0].origin', /give a `ttl`/]],
  },
  {
    id: 'not stored, yet fresh',
    given: routes('- {match: /a, cache: false, ttl: 1s}'),
    expect: [['3:31 routes[0].ttl', /no effect with `cache: false`/]],
  },
  {
    id: 'tags of nothing stored',
    given: routes('- {match: POST /a, tags: [a]}'),
    expect: [['3:22 routes[0].tags', /only responses to GET/]],
  },
  {
    id: 'purge by nothing unsafe',
    given: routes('- {match: GET /a, purge: [a]}'),
    expect: [['3:21 routes[0].purge', /only an unsafe method/]],
  },
  {
    id: 'responses of POST where there are none, or nobody to get them',
    given: routes(
      '- {match: GET /a, post: true}',
      '- {match: POST /b, post: true}',
      '- {match: GET|POST /c, post: true}',
      '- {match: /d, post: true, origin: ignore, ttl: 1s}',
      '- {match: GET /e, post: false}',
    ),
    expect: [
      ['3:21 routes[0].post', /takes no POST – match for instance `GET\|POST`/],
      ['4:22 routes[1].post', /stored for GETs, and this route takes none/],
      ['6:17 routes[3].post', /no effect with `origin: ignore`/],
    ],
  },
  {
    id: 'query rules',
    given: routes('- match: /a', '  key: {query: {include: [a*], exclude: [a*b, "*"]}}'),
    expect: [
      ['4:29 routes[0].key.query.include[0]', /exact names/],
      ['4:44 routes[0].key.query.exclude[0]', /at the end only/],
      ['4:49 routes[0].key.query.exclude[1]', /would exclude everything/],
    ],
  },
  {
    id: 'include and exclude',
    given: routes('- match: /a', '  key: {query: {include: [a], exclude: [b]}}'),
    expect: [['4:11 routes[0].key.query', /either `include` or `exclude`/]],
  },
  {
    id: 'a query word',
    given: routes('- {match: /a, key: {query: al}}'),
    expect: [['3:30 routes[0].key.query', /did you mean `all`/]],
  },
  {
    id: 'names of fields',
    given: routes('- {match: /a, key: {headers: [cookie, host, "a b"]}}'),
    expect: [['3:47 routes[0].key.headers[2]', /not a name as HTTP knows it/]],
  },
  {
    id: 'names beside bad values in one section',
    given: routes(
      '- {match: /a, status-ttl: {200: 5, 6xx: 1s}}',
      '- {match: /b, response: {set: {X-A: [], Age: "1", "X B": c}, remove: [age]}}',
      '- {match: /c, key: {headers: [host], sort-query: 1, cookies: ["a b", "c d"]}}',
      '- {match: /d, when: {headers: {x-a: 1, host: b, "x b": c}}}',
      '- {match: /e, key: {query: {exclude: [a*b]}}, request-fields: {strip: [host], unknown: x}}',
    ),
    expect: [
      ['3:35 routes[0].status-ttl.200', /no unit/],
      ['3:38 routes[0].status-ttl.6xx', /not a status/],
      ['4:34 routes[1].response.set.X-A', /expected one value/],
      ['4:43 routes[1].response.set.Age', /written by Cacheside/],
      ['4:53 routes[1].response.set.X B', /not a name/],
      ['4:73 routes[1].response.remove[0]', /written by Cacheside/],
      ['5:33 routes[2].key.headers[0]', /always part of the key/],
      ['5:52 routes[2].key.sort-query', /neither true nor false/],
      ['5:65 routes[2].key.cookies[0]', /not a name/],
      ['5:72 routes[2].key.cookies[1]', /not a name/],
      ['6:39 routes[3].when.headers.x-a', /put numbers in quotes/],
      ['6:42 routes[3].when.headers.host', /is matched by/],
      ['6:51 routes[3].when.headers.x b', /not a name/],
      ['7:41 routes[4].key.query.exclude[0]', /at the end only/],
      ['7:74 routes[4].request-fields.strip[0]', /no request goes without Host/],
      ['7:90 routes[4].request-fields.unknown', /not understood/],
    ],
  },
  {
    id: 'fields that are no key',
    given: routes('- {match: /a, key: {headers: [Cookie, Host]}}'),
    expect: [
      ['3:33 routes[0].key.headers[0]', /name cookies under/],
      ['3:41 routes[0].key.headers[1]', /always part of the key/],
    ],
  },
  {
    id: 'the cookie kept and removed',
    given: routes('- {match: /a, unsafe: {store-with-set-cookie: true, store-without-set-cookie: true}}'),
    expect: [['3:26 routes[0].unsafe.store-with-set-cookie', /either kept or removed/]],
  },
  {
    id: 'normalised though no list',
    given: routes('- {match: /a, request-fields: {normalise: [Accept-Language, Range]}}'),
    expect: [['3:63 routes[0].request-fields.normalise[1]', /`range` is no list/]],
  },
  {
    id: 'codings',
    given: routes(
      '- {match: /a, compress: [br, lzw]}',
      '- {match: /b, compress: gzip}',
      '- {match: /c, compress: [gzip, br, gzip]}',
      '- {match: /d, cache: false, compress: [gzip]}',
      '- {match: /e, compress: [br], key: {headers: [X-A, Accept-Encoding]}}',
      '- {match: /f, compress: [br], response: {set: {content-Encoding: br}}}',
      '- {match: /g, key: {accept-encoding: true}}',
    ),
    expect: [
      ['3:32 routes[0].compress[1]', /`lzw` is not understood here/],
      ['4:27 routes[1].compress', /expected a list/],
      ['5:38 routes[2].compress[2]', /twice/],
      ['6:31 routes[3].compress', /no effect with `cache: false`/],
      ['7:54 routes[4].key.headers[1]', /one stored response answers every Accept-Encoding/],
      ['8:44 routes[5].response.set', /keep one of them/],
      ['9:23 routes[6].key.accept-encoding', /unknown key/],
    ],
  },
  {
    id: 'codings and a key in defaults',
    given: `${U}\ndefaults: {key: {headers: [accept-encoding]}}\nroutes:\n  - {match: /a, compress: [br]}\n  - {match: /b}`,
    expect: [['4:17 routes[0].compress', /the key has that too/]],
  },
  {
    id: 'codings without memory',
    given: `${U}\nmemory: off\ndefaults: {compress: [br]}\nroutes:\n  - {name: a, match: /a, cache: false}\n  - {name: b, match: /b}`,
    expect: [['2:9 memory', /`compress` on the route `b` has no effect without memory/]],
  },
  {
    id: 'stripped and forwarded',
    given: routes('- {match: /a, request-fields: {strip: [x-a], forward: [X-A]}}'),
    expect: [['3:42 routes[0].request-fields.strip[0]', /also in `forward`/]],
  },
  {
    id: 'split response',
    given: routes('- match: /a', '  response: {set: {X-A: "a\\r\\nb", "X B": c}}'),
    expect: [
      ['4:27 routes[0].response.set.X-A', /line break/],
      ['4:37 routes[0].response.set.X B', /not a name/],
    ],
  },
  {
    id: 'framing',
    given: routes(
      '- {match: /a, response: {set: {Content-Length: "1", cache-control: x, "a b": c}, remove: [age]}}',
    ),
    expect: [
      ['3:34 routes[0].response.set.Content-Length', /written by Cacheside/],
      ['3:55 routes[0].response.set.cache-control', /`response: {cache-control/],
      ['3:73 routes[0].response.set.a b', /not a name/],
      ['3:93 routes[0].response.remove[0]', /written by Cacheside/],
    ],
  },
  {
    id: 'numbers in conditions',
    given: routes('- {match: /a, when: {query: {page: 1}}}'),
    expect: [['3:38 routes[0].when.query.page', /put numbers in quotes/]],
  },
  {
    id: 'host with port',
    given: routes("- {match: /a, when: {host: 'a.b:80'}}"),
    expect: [['3:30 routes[0].when.host', /has a port/]],
  },
  {
    id: 'share',
    given: routes('- {match: /a, jitter: 0.1, eager-refresh: 100%}'),
    expect: [
      ['3:25 routes[0].jitter', /not a share/],
      ['3:45 routes[0].eager-refresh', /not a share/],
    ],
  },
];

t.test('files', async (t) => {
  for (const row of FILES) check(t, row);
});

t.test('routes', async (t) => {
  for (const row of ROUTES) check(t, row);
});

function check(t: Test, { id, given, env, expect }: Row): void {
  const found = problemsOf({ yaml: given, env: env ?? {} });
  const places = found.map((problem) => `${problem.line}:${problem.column} ${problem.path}`);
  t.same(
    places,
    expect.map(([place]) => place),
    id,
  );
  for (const [i, [, message]] of expect.entries()) t.match(found[i]?.message ?? '', message, id);
}

t.test('every problem of a file at once, in its order, one line each', async (t) => {
  const yaml = `lisen: x\nupstream: http://a/b\ndrain-timeout: 5\n${'routes:\n  - match: a\n  - match: b\n'}`;
  const found = problemsOf({ yaml });
  t.same(
    found.map((problem) => problem.line),
    [1, 2, 3, 5, 6],
  );
});
