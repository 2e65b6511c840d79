import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createNetServer, type Server } from 'node:net';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { firstProcessArguments } from '../../src/cli/first-process.ts';
import { createProgram } from '../../src/cli/program.ts';
import { startSidecar } from '../fixtures/sidecar.ts';

/** What a health check is told: what it prints, or why not. */
async function health(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const stdout = new PassThrough();
  const never = new AbortController().signal;
  const terminal = {
    env,
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    ended: () => never,
    exit: () => {},
  };
  try {
    await createProgram(terminal).parseAsync(['health', ...args], { from: 'user' });
    return String(stdout.read()).replace(/\s/g, '');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function listening(t: Test, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const sidecar = await startSidecar('http://127.0.0.1:9', 'drain-timeout: 100ms\n');
t.teardown(() => sidecar.close());
const ADMIN = `127.0.0.1:${sidecar.adminPort}`;
const PROXY = `127.0.0.1:${sidecar.port}`;

t.test('a sidecar that is well, found as serve would be told', async (t) => {
  const folder = t.testdir({
    'fine.yaml': `upstream: http://127.0.0.1:9\nadmin: { listen: '${ADMIN}' }\n`,
    'spoilt.yaml': `admin: { listen: '${ADMIN}', tokens: 7 }\nroutes: [{ mtach: /a }]\nupstream: \${NOT_SET}\n`,
    'off.yaml': `listen: ${PROXY}\nadmin: off\n`,
    'variable.yaml': `admin: { listen: "\${WHERE}" }\n`,
  });
  const alive = /^\{"status":"ok","uptime":\d+\}$/;
  const rows: readonly [id: string, args: string[], env: Record<string, string>, expect: RegExp][] = [
    ['a flag', ['--admin-listen', ADMIN], {}, alive],
    ['a variable', [], { CACHESIDE_ADMIN_LISTEN: ADMIN }, alive],
    ['every interface', ['--admin-listen', `0.0.0.0:${sidecar.adminPort}`], {}, alive],
    ['a file', ['-c', `${folder}/fine.yaml`], {}, alive],
    ['a file by a variable', [], { CACHESIDE_CONFIG: `${folder}/fine.yaml` }, alive],
    ['a file with mistakes elsewhere', ['-c', `${folder}/spoilt.yaml`], {}, alive],
    ['a file with a variable', ['-c', `${folder}/variable.yaml`], { WHERE: ADMIN }, alive],
    ['whether it is ready', ['--ready', '--admin-listen', ADMIN], {}, /^\{"status":"ready"/],
    ['the admin port off', ['-c', `${folder}/off.yaml`], {}, /^\{"status":"ok","admin":"off"\}$/],
  ];
  for (const [id, args, env, expect] of rows) t.match(await health(args, env), expect, id);
});

t.test('one that is not', async (t) => {
  const nobody = createNetServer();
  const free = await listening(t, nobody);
  nobody.close();
  // It ends no connection, whatever its clients do.
  const hung = createNetServer({ allowHalfOpen: true }, (socket) => {
    t.teardown(() => socket.destroy());
    socket.on('error', () => {});
  });
  const silent = await listening(t, hung);
  const starting = await listening(
    t,
    createServer((req, res) => {
      res.writeHead(req.url === '/readyz' ? 503 : 200).end(`{"status":"${req.url}"}`);
    }),
  );
  const rows: readonly [id: string, args: string[], expect: RegExp][] = [
    [
      'nobody there',
      ['--admin-listen', free],
      /^http:\/\/127\.0\.0\.1:\d+\/healthz does not answer: ECONNREFUSED$/,
    ],
    ['hung', ['--admin-listen', silent], /does not answer: not within 2000 ms$/],
    ['alive while it starts', ['--admin-listen', starting], /^\{"status":"\/healthz"\}$/],
    ['not ready', ['--ready', '--admin-listen', starting], /\/readyz answers 503: \{"status":"\/readyz"\}$/],
    ['off, and nobody there', ['--admin-listen', 'off', '--listen', free], /does not answer: ECONNREFUSED$/],
    ['off, and hung', ['--admin-listen', 'off', '--listen', silent], /does not answer: not within 2000 ms$/],
    ['off tells no readiness', ['--ready', '--admin-listen', 'off'], /leave --ready out$/],
    ['no address', ['--admin-listen', '9090'], /^admin\.listen: `9090` is a port alone/],
    ['any port', ['--admin-listen', '127.0.0.1:0'], /^port 0 is another one at each start/],
    ['no file', ['-c', '/nowhere.yaml'], /ENOENT/],
  ];
  await Promise.all(rows.map(async ([id, args, expect]) => t.match(await health(args), expect, id)));
});

t.test('what the first process of a container was told', async (t) => {
  const words = (...given: string[]) => firstProcessArguments(() => `${given.join('\0')}\0`);
  const told = ['--config', '/p.yaml', '--admin-listen', ':9'];
  t.same(words('node', '--max-semi-space-size=4', '/app/bin/cacheside', ...told), told);
  t.same(words('/sbin/docker-init', '--', 'node', '/app/bin/cacheside', ...told), told, 'behind an init');
  t.same(words('/sbin/init', 'splash'), [], 'something else');
  t.same(words('/app/bin/cacheside'), []);
  t.same(
    firstProcessArguments(() => {
      throw new Error('no /proc');
    }),
    [],
  );
});
