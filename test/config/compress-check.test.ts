import t from 'tap';
import { checkCompress } from '../../src/config/compress-check.ts';
import { rule } from '../policy/given.ts';

t.test('zstd is refused where Node has none, with what to do about it', async (t) => {
  const problemsWith = (hasZstd: boolean) => {
    const found: string[] = [];
    const compress = ['br', 'zstd'] as const;
    const report = (path: readonly (string | number)[], message: string) =>
      found.push(`${path.join('.')} ${message}`);
    checkCompress({ compress: [...compress] }, rule({ compress }), ['defaults'], report, hasZstd);
    return found;
  };
  t.same(problemsWith(true), []);
  t.match(problemsWith(false), [
    /^defaults\.compress\.1 `zstd` needs Node 22\.15.*, and this is \d+\.\d+.* – remove it/,
  ]);
});
