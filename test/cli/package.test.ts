import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** npm and what it installs must not see the settings of the npm that may be running this test. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** Other tests may be running what is built: it is built anew only where it is older than its source. */
async function isStale(): Promise<boolean> {
  const built = await stat(join(ROOT, 'dist/cli/main.js')).catch(() => undefined);
  const sources = await readdir(join(ROOT, 'src'), { recursive: true, withFileTypes: true });
  const times = sources
    .filter((entry) => entry.isFile())
    .map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(times)).some(({ mtimeMs }) => mtimeMs > (built?.mtimeMs ?? 0));
}

t.test('packed, installed elsewhere and run from another folder', { timeout: 120_000 }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cacheside-package-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));

  if (await isStale()) await run('npm', ['run', 'build'], { cwd: ROOT, env });
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    env,
  });
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const paths: string[] = files.map((file: { path: string }) => file.path);
  for (const path of ['bin/cacheside', 'dist/cli/main.js', 'config/schema.json', 'proxy.example.yaml']) {
    t.ok(paths.includes(path), `${path} is packed`);
  }
  t.same(
    paths.filter((path) => /^(src|test|examples|node_modules)\//.test(path)),
    [],
    'nothing else is',
  );

  await writeFile(join(folder, 'package.json'), '{"private":true}');
  await run(
    'npm',
    ['i', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`],
    { cwd: folder, env },
  );
  const bin = join(folder, 'node_modules/.bin/cacheside');
  t.ok(existsSync(bin), 'the command is installed');
  t.equal((await run(bin, ['--version'], { cwd: tmpdir(), env })).stdout, `${version}\n`);

  const example = join(folder, 'node_modules/cacheside/proxy.example.yaml');
  const checked = await run(bin, ['check', example], { cwd: tmpdir(), env });
  t.match(checked.stdout, /OK: .*3 routes/);
  await writeFile(join(folder, 'bad.yaml'), 'lisen: x\n');
  const refused = await run(bin, ['check', 'bad.yaml'], { cwd: folder, env }).catch(
    (error: unknown) => error,
  );
  t.match(refused, { code: 2, stderr: /^bad\.yaml:1:1 lisen: unknown key `lisen`/m });
});
