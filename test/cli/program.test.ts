import { readFileSync } from 'node:fs';
import t from 'tap';
import { run } from './run.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

interface Row {
  readonly given: readonly string[];
  readonly code: number;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
}

t.test('the command line', async (t) => {
  const folder = t.testdir({
    'good.yaml': `upstream: http://127.0.0.1:3000
routes:
  - {name: health, match: /health, cache: false}
  - {name: product, match: 'GET|HEAD /products/:id', ttl: 5m, tags: ['product-{id}'], collapse: replicas}
  - match: /products
    when: {host: api.example.org, query: {page: ['1', '2'], preview: false}}
    origin: ignore
    beyond-lease: bypass
    ttl: 1m
    key: {query: {exclude: [utm_*]}, sort-query: true, headers: [accept-language], cookies: [region]}
`,
    'bad.yaml': 'upstream: http://127.0.0.1:3000\nlisen: :80\ndrain-timeout: 5\n',
  });
  const table: Row[] = [
    { given: ['--version'], code: 0, stdout: new RegExp(`^${version.replaceAll('.', '\\.')}\n$`) },
    { given: ['--help'], code: 0, stdout: /--upstream <url>[\s\S]*Examples:[\s\S]*cacheside --upstream/ },
    { given: ['serve', '--help'], code: 0, stdout: /--admin-listen <address>/ },
    { given: ['help'], code: 0, stdout: /--upstream <url>/ },
    { given: ['help', 'check'], code: 0, stdout: /the YAML file/ },
    {
      given: ['--config='],
      code: 2,
      stderr: /^the name of the file is empty – name one, or leave --config out\n1 problem\n$/,
    },
    { given: ['--lisen', 'x'], code: 2, stderr: /unknown option '--lisen'[\s\S]*--listen/ },
    { given: ['check'], code: 2, stderr: /missing required argument 'file'/ },
    { given: ['chekc', 'x'], code: 2, stderr: /there is no command `chekc` – did you mean `check`\?/ },
    { given: ['proxy.yaml'], code: 2, stderr: /there is no command `proxy\.yaml` – .* goes behind --config/ },
    { given: [], code: 2, stderr: /^upstream: is missing – .*\n1 problem\n$/ },
    {
      given: ['--upstream', 'x', '--ttl', '5'],
      code: 2,
      stderr: /^--upstream: not a URL .*\n--ttl: `5` has no unit.*\n2 problems\n$/,
    },
    {
      given: ['-c', `${folder}/bad.yaml`],
      code: 2,
      stderr:
        /bad\.yaml:2:1 lisen: unknown key `lisen` – did you mean `listen`\?\n.*bad\.yaml:3:16 drain-timeout: .*\n2 problems\n$/,
    },
    { given: ['check', `${folder}/bad.yaml`], code: 2, stderr: /bad\.yaml:2:1 [\s\S]*2 problems\n$/ },
    { given: ['check', `${folder}/absent.yaml`], code: 2, stderr: /there is no file/ },
    {
      given: ['check', `${folder}/good.yaml`],
      code: 0,
      stdout: new RegExp(
        [
          '1  health    /health                 -.*not stored',
          '2  product   GET\\|HEAD /products/:id  - .*5m .*product-\\{id\\}',
          '3  products  /products               host api\\.example\\.org, query page=1\\|2, query without preview  1m \\(always\\)  query -utm_\\* sorted, header accept-language, cookie region',
          'without effect, for there is no Redis: route product: collapse: replicas\n',
          'without effect, for there is no Redis: route products: beyond-lease: bypass\n',
          'OK: .*good\\.yaml: 3 routes, upstream http://127\\.0\\.0\\.1:3000\n$',
        ].join('[\\s\\S]*'),
      ),
    },
  ];
  const finished = await Promise.all(table.map((row) => run(row.given)));
  for (const [i, { given, code, stdout, stderr }] of table.entries()) {
    const done = finished[i];
    t.equal(done?.code, code, given.join(' '));
    t.match(done?.stdout, stdout ?? /^$/);
    t.match(done?.stderr, stderr ?? /^$/);
    t.notMatch(done?.stderr, /\n\s+at /, 'no stack');
  }
});
