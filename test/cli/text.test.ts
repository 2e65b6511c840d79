import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import {
  formatBytes,
  formatCount,
  formatMs,
  formatRateOf,
  formatShare,
  formatSpan,
} from '../../src/cli/amounts.ts';
import { readEvents, type StreamedEvent } from '../../src/cli/event-stream.ts';
import { flow } from '../../src/cli/flow.ts';
import { columns, paint, sparkline } from '../../src/cli/paint.ts';
import { describeReceipt, isDone } from '../../src/cli/purge-receipt.ts';
import { visibleText } from '../../src/cli/visible-text.ts';
import { open } from './terminal.ts';

t.test('amounts', async (t) => {
  t.same([0, 1023, 1024, 102_300, 1_048_064, 2 ** 28, 1e18].map(formatBytes), [
    '0 B',
    '1023 B',
    '1.0 KiB',
    '99.9 KiB',
    '1.0 MiB',
    '256 MiB',
    '888 PiB',
  ]);
  t.same([0, 999, 1_000, 1_234_567.6].map(formatCount), ['0', '999', '1,000', '1,234,568']);
  t.same([null, 0, 1].map(formatShare), ['-', '0.0 %', '100.0 %']);
  t.same([null, 0.004, 9.99, 9.996, 99.94, 99.96, 999.4, 999.6, 123_456].map(formatMs), [
    '-',
    '0.00 ms',
    '9.99 ms',
    '10.0 ms',
    '99.9 ms',
    '100 ms',
    '999 ms',
    '1.00 s',
    '123 s',
  ]);
  t.same([0, 999, 1_000, 61_500, 3_600_000, 90_061_000, -5_000].map(formatSpan), [
    '0ms',
    '999ms',
    '1s',
    '1m 1s',
    '1h',
    '1d 1h',
    '-5s',
  ]);
  t.equal(formatRateOf(5, 0), '-');
  t.equal(formatRateOf(1, 2_000), '0.5 /s');
  t.equal(formatRateOf(2_500, 1_000), '2,500 /s');
});

t.test('what others wrote does nothing to a terminal', async (t) => {
  t.equal(
    visibleText('a\u001b[2J\n\u009b\u202eb\u2028é日'),
    'a\\u{1b}[2J\\u{a}\\u{9b}\\u{202e}b\\u{2028}é日',
  );
});

t.test('lines', async (t) => {
  const line = ['ab', { text: 'cde', style: 'red' as const }, 'fg'];
  t.equal(paint(line, { width: 7, isColored: false }), 'abcdefg');
  t.equal(paint(line, { width: 6, isColored: true }), 'ab\u001b[31mcde\u001b[39m…');
  t.equal(paint(line, { width: 3, isColored: true }), 'ab…');
  t.same(
    columns(
      [
        ['a', 'bb'],
        ['ccc', 'd'],
      ],
      new Set([1]),
    ).map((one) => one.join('')),
    ['a    bb', 'ccc   d'],
  );
  const pieces = [['12345'], ['123'], ['1234567890']];
  const flowed = flow({ label: 'x', pieces }, 25).map((one) => paint(one, { width: 99, isColored: false }));
  t.same(flowed, ['x            12345  123', '  1234567890']);
  t.equal(sparkline([0, 5, 10, 20], 10), '▁▅██');
  t.equal(sparkline([0, 0], 0), '▁▁');
});

t.test('server-sent events, however they are cut', async (t) => {
  const body =
    ': hello\nevent: live\ndata: {"a":\ndata:1}\n\nid: 7\ndata: x\r\n\r\nevent: none\n\ndata: unfinished\n';
  const expected: StreamedEvent[] = [
    { event: 'live', data: '{"a":\n1}' },
    { event: 'message', data: 'x' },
  ];
  for (const size of [1, 2, 7, 1_000]) {
    const found: StreamedEvent[] = [];
    const chunks = async function* () {
      for (let i = 0; i < body.length; i += size) yield body.slice(i, i + size);
    };
    for await (const event of readEvents(chunks())) found.push(event);
    t.same(found, expected, `${size} at a time`);
  }
});

t.test('a receipt says what is still to happen', async (t) => {
  const purges = [{ tag: 'a', soft: false }];
  const silent = [{ name: 'shop-c', since: 4_000 }];
  const replicas = { all: false, applied: ['shop-a'], waiting: ['shop-b'], silent };
  const receipt = { status: 'applied', purges, matched: null, order: 'o', position: 7, replicas } as const;
  t.equal(isDone(receipt), false);
  t.equal(
    describeReceipt(receipt, 10_000),
    `applied, position 7: what it matches was not counted
  tag a
not every replica is known to have applied it
  applied: shop-a
  waiting: shop-b
  silent: shop-c (for 6s)
order o
`,
  );
  t.equal(isDone({ status: 'applied', purges, matched: 1 }), true);
  t.equal(isDone({ status: 'pending', purges, matched: 1 }), false);
  t.equal(isDone({ status: 'dry-run', purges, matched: 1 }), true);
});

t.test('completion in bash', async (t) => {
  const { stdout: script } = await open(['completion', 'bash']).ran;
  const rows = [
    [['pu'], 'purge purges'],
    [['--ttl', '5s', 'pu'], 'purge purges'],
    [['purge', '--t'], '--token-file --timeout --tag'],
    [['purge', '--wait', '--so'], '--soft'],
    [['purge', 's'], ''],
    [['warm', 'completion', ''], ''],
    [['warm', '--scheme', ''], 'http https'],
    [['warm', '--scheme', '=', 'https'], 'https'],
    [['completion', ''], 'bash zsh fish'],
    [['help', 'ch'], 'check'],
    [['check', ''], ''],
    [['purges', '--limit', '5', '--l'], '--limit'],
  ] as const;
  const tries = rows.map(([words]) => {
    const line = ['cacheside', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; COMPREPLY=(); _cacheside; echo "\${COMPREPLY[*]}"`;
  });
  const { stdout } = await promisify(execFile)('bash', ['-c', `${script}\n${tries.join('\n')}`]);
  const completed = stdout.split('\n');
  for (const [i, [words, expected]] of rows.entries()) t.equal(completed[i], expected, words.join(' '));
  for (const shell of ['zsh', 'fish']) {
    const { stdout: other } = await open(['completion', shell]).ran;
    for (const word of ['purge', 'explain', 'token-file', 'http https']) t.match(other, word, shell);
  }
});
