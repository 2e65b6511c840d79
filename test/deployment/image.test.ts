import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t from 'tap';
import { hangUp, send } from '../../scripts/demo/request.ts';
import { buildImage } from '../../scripts/image/build.ts';
import { packagesOf, weigh } from '../../scripts/image/weight.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { freePort } from '../fixtures/redis-server.ts';
import { canContain, startContainer } from './container.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What is added to the base, in bytes: a package more, or one that is not pruned, should be a decision. */
const MOST = 7_500_000;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifest = JSON.parse(read('package.json'));

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/** What `npm ci` would unpack, from what it has unpacked here. */
function installed(command: string, cwd: string): boolean {
  if (!command.startsWith('npm ci ')) return false;
  const here = join(ROOT, 'node_modules');
  const there = join(cwd, 'node_modules');
  mkdirSync(there);
  if (!command.includes('--omit=dev')) {
    // A folder of links: what a step should remove is removed from there alone.
    for (const name of readdirSync(here)) symlinkSync(join(here, name), join(there, name));
    return true;
  }
  const lock: Lock = JSON.parse(read('package-lock.json'));
  const paths = Object.keys(lock.packages).filter((path) => path !== '' && lock.packages[path]?.dev !== true);
  for (const path of paths)
    cpSync(join(ROOT, path), join(cwd, path), {
      recursive: true,
      filter: (file) => file === join(ROOT, path) || !file.endsWith('/node_modules'),
    });
  return true;
}

const into = mkdtempSync(join(tmpdir(), 'cacheside-image-'));
t.teardown(() => rmSync(into, { recursive: true, force: true }));
t.teardown(hangUp);
const image = buildImage({ context: ROOT, into, instead: installed });
const app = join(image.root, image.workdir);

t.test('the image says what runs in it, and how it is asked and stopped', async (t) => {
  t.match(image.user, /^[1-9]\d*:[1-9]\d*$/, 'by number, and not root');
  t.equal(image.stopSignal, 'SIGTERM');
  t.same(image.healthcheck, ['cacheside', 'health']);
  const [, , ...rest] = image.entrypoint;
  t.same(rest, ['/app/bin/cacheside']);
  t.match(image.labels, {
    'org.opencontainers.image.version': manifest.version,
    'org.opencontainers.image.licenses': manifest.license,
  });
});

t.test('it is small, and every package in it has its licence', async (t) => {
  const { bytes } = weigh(image.root);
  t.comment(`${Math.round(bytes / 1_000)} kB beside the base`);
  t.ok(bytes < MOST, `${bytes} bytes`);
  const modules = join(app, 'node_modules');
  const files = readdirSync(app, { recursive: true, encoding: 'utf8' });
  t.same(
    files.filter((file) => /\.(map|ts|md)$/.test(file) && !/licen[cs]e/i.test(file)),
    [],
    'no types, no source maps, no documents',
  );
  const names = packagesOf(modules);
  t.ok(names.length > 40, `${names.length} packages`);
  const has = (name: string, folder: string) =>
    readdirSync(folder).some((file) => name.includes(file.toLowerCase().replace(/\W.*/, '')));
  const bare = names.filter((name) => !has('license licence copying notice', join(modules, name)));
  const had = bare.filter((name) => has('license licence copying notice', join(ROOT, 'node_modules', name)));
  t.same(had, [], 'none was removed');
});

t.test('whatever is compiled loads with the packages that are left', async (t) => {
  const compiled = readdirSync(join(app, 'dist'), { recursive: true, encoding: 'utf8' });
  const modules = compiled.filter((file) => file.endsWith('.js') && !file.startsWith('dashboard/'));
  t.ok(modules.length > 200, `${modules.length} modules`);
  const urls = modules.map((file) => pathToFileURL(join(app, 'dist', file)).href);
  const load = `for (const url of ${JSON.stringify(urls)}) await import(url); process.exit(0);`;
  const words = ['-u', 'NODE_OPTIONS', process.execPath, '--input-type=module', '-e', load];
  const { status, stderr } = spawnSync('env', words, { encoding: 'utf8' });
  t.equal(status, 0, stderr);
});

const skip = canContain ? false : 'only root can make a container of it, on Linux';

t.test('as a container', { skip }, async (t) => {
  const origin = await startOrigin((_req, res) => void res.end('hello'));
  t.teardown(() => origin.close());
  const port = await freePort();
  const adminPort = await freePort();
  writeFileSync(
    join(image.root, 'proxy.yaml'),
    `upstream: ${origin.url}\nadmin: { listen: '127.0.0.1:${adminPort}' }\ndefaults: { ttl: 1m }\n`,
  );
  const health = image.healthcheck;
  const listen = { CACHESIDE_LISTEN: `127.0.0.1:${port}` };

  await t.test('it answers and writes nothing, and is found where its file has put it', async (t) => {
    const container = await startContainer(image, ['--config', '/proxy.yaml'], listen);
    t.teardown(() => container.stop());
    const status = readFileSync(`/proc/${container.pid}/status`, 'utf8');
    t.match(status, /^Uid:\s+65532\s+65532\s+65532\s+65532$/m);
    t.match(status, /^NSpid:\s+\d+\s+1$/m, 'nothing of it starts anew');
    t.match(container.exec(['node', '-e', "fs.writeFileSync('/app/x', '')"]).output, /EROFS/, 'read-only');
    const url = `http://127.0.0.1:${port}/a`;
    const admin = `http://127.0.0.1:${adminPort}/`;
    t.equal((await send({ url })).text, 'hello');
    t.match((await send({ url })).headers, { 'cache-status': /hit/ });
    const page = (await send({ url: admin })).text;
    const assets = [...page.matchAll(/(?:src|href)="([^"#:]+)"/g)].map(([, path = '']) => path);
    t.ok(assets.length > 0, 'the dashboard is in');
    for (const path of assets) t.equal((await send({ url: new URL(path, admin).href })).status, 200, path);
    t.match(container.exec(health), { status: 0, output: /"status": "ok"/ });
    t.match(container.exec(['cacheside', '--version']), { status: 0, output: `${manifest.version}\n` });
    // What a reload would refuse, the running one does not know of.
    writeFileSync(join(image.root, 'proxy.yaml'), `admin: { listen: '127.0.0.1:${adminPort}' }\nroutes: 7\n`);
    t.match(container.exec(health), { status: 0 }, 'whatever else becomes wrong with the file');
    hangUp();
    t.equal(await container.stop(), 0);
    t.notMatch(container.output(), /"level":"(warn|error|fatal)"/);
  });

  await t.test('with the admin port off, too', async (t) => {
    const args = ['--upstream', origin.url, '--admin-listen', 'off'];
    const container = await startContainer(image, args, listen);
    t.teardown(() => container.stop());
    t.match(container.exec(health), { status: 0, output: '{"status":"ok","admin":"off"}\n' });
    process.kill(container.pid, 'SIGSTOP');
    t.match(
      container.exec(health),
      { status: 1, output: /does not answer: not within/ },
      'one that hangs is not well',
    );
    process.kill(container.pid, 'SIGCONT');
    t.equal(await container.stop(), 0);
  });
});
