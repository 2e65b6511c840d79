import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

/** The settings of an npm around this test would otherwise reach the npm inside it. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));

/** Runs a command as a shell would: what the test runner puts into NODE_OPTIONS would load its hooks there. */
function run(cwd: string, command: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return execute('env', ['-u', 'NODE_OPTIONS', command, ...args], { cwd, env });
}

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

  if (await isStale()) await run(ROOT, 'npm', 'run', 'build');
  const packed = await run(ROOT, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const paths: string[] = files.map((file: { path: string }) => file.path);
  for (const path of ['bin/cacheside', 'dist/cli/main.js', 'config/schema.json', 'proxy.example.yaml']) {
    t.ok(paths.includes(path), `${path} is packed`);
  }
  for (const source of ['README.md', 'proxy.example.yaml']) {
    const named = (await readFile(join(ROOT, source), 'utf8')).match(/\bdocs\/[\w/.-]+\.md/g) ?? [];
    t.ok(named.length > 0, `${source} names documents`);
    t.same(
      named.filter((path) => !paths.includes(path)),
      [],
      `${source} names only what is packed`,
    );
  }
  const large = files.filter(({ path, size }: { path: string; size: number }) => {
    return path.startsWith('docs/') && size > 100_000;
  });
  t.same(large, [], 'no document is large');
  t.same(
    paths.filter((path) => /^(src|test|examples|node_modules)\//.test(path)),
    [],
    'nothing else is',
  );

  await writeFile(join(folder, 'package.json'), '{"private":true}');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await run(folder, 'npm', 'i', ...quiet, `./${filename}`);
  const bin = join(folder, 'node_modules/.bin/cacheside');
  t.equal((await run(tmpdir(), bin, '--version')).stdout, `${version}\n`);

  const example = join(folder, 'node_modules/cacheside/proxy.example.yaml');
  t.match((await run(tmpdir(), bin, 'check', example)).stdout, /OK: .*3 routes/);
  await writeFile(join(folder, 'bad.yaml'), 'lisen: x\n');
  const refused = await run(folder, bin, 'check', 'bad.yaml').catch((error: unknown) => error);
  t.match(refused, { code: 2, stderr: /^bad\.yaml:1:1 lisen: unknown key `lisen`/m });
});
