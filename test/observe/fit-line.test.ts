import t from 'tap';
import { fitLine } from '../../src/observe/fit-line.ts';

for (const { id, text } of [
  { id: 'short', text: 'a' },
  { id: 'a long path', text: `/${'p'.repeat(8_000)}` },
  { id: 'characters of several bytes', text: '€'.repeat(3_000) },
  { id: 'characters that are escaped', text: '\u0001'.repeat(3_000) },
]) {
  t.test(`a JSON line stays one: ${id}`, async (t) => {
    const line = `${JSON.stringify({ level: 'info', path: text, status: 200 })}\n`;
    const fitted = fitLine(line, 4096);
    t.ok(Buffer.byteLength(fitted) <= 4096);
    t.ok(fitted.endsWith('}\n'));
    const { path, ...rest } = JSON.parse(fitted) as { path: string };
    t.ok(text.startsWith(path.replace(/…$/, '')));
    t.same(
      rest,
      fitted === line ? { level: 'info', status: 200 } : { level: 'info', status: 200, cut: true },
    );
  });
}

t.test('any other line ends early', async (t) => {
  const fitted = fitLine(`12:00 ${'ü'.repeat(5_000)}\n`, 4096);
  t.ok(Buffer.byteLength(fitted) <= 4096);
  t.match(fitted, /^12:00 ü+.?…\n$/u);
  t.equal(fitLine('x\n', 4096), 'x\n');
});
