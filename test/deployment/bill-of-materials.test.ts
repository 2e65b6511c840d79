import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { dig, list } from './dig.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');

/** Under these a package may be part of an image that is given to others; a further one is a decision. */
const LICENCES = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause', 'BlueOak-1.0.0']);

t.test('the bill of materials, as docs/deployment.md has it, names every package of the image', async (t) => {
  const command = /^npx tsx (scripts\/\S+) > \S+\.cdx\.json$/m.exec(read('docs/deployment.md'))?.[1] ?? '';
  const { stdout, stderr } = spawnSync(process.execPath, ['--import=tsx', command], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  t.match(stdout, /^\{/, stderr);
  const bill: unknown = JSON.parse(stdout);
  t.match(dig(bill, 'metadata', 'component'), {
    name: 'cacheside',
    version: dig(JSON.parse(read('package.json')), 'version'),
  });
  const components = list(bill, 'components');
  const lock: unknown = JSON.parse(read('package-lock.json'));
  const packages = Object.entries(Object(dig(lock, 'packages')));
  const shipped = packages.filter(([path, entry]) => path !== '' && dig(entry, 'dev') !== true);
  const named = shipped.map(
    ([path, entry]) => `${path.split('node_modules/').at(-1)}@${dig(entry, 'version')}`,
  );
  t.same(components.map((one) => dig(one, 'bom-ref')).sort(), [...new Set(named)].sort());
  for (const component of components) {
    const licence = String(dig(component, 'licenses', 0, 'license', 'id') ?? 'none');
    t.ok(LICENCES.has(licence), `${dig(component, 'name')}: ${licence}`);
    t.match(dig(component, 'hashes', 0, 'alg'), /^SHA-(256|512)$/);
  }
});
