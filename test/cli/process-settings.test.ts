import { readFileSync } from 'node:fs';
import t from 'tap';
import { hangUp } from '../../scripts/demo/request.ts';
import { startCacheside } from '../fixtures/cacheside.ts';

const skip =
  'execve' in process && process.platform === 'linux' ? false : 'Node does not take settings, or no /proc';

t.teardown(hangUp);

const CASES = [
  { id: 'by itself', env: {}, arenas: '1', young: true },
  { id: 'settings of its own', env: { MALLOC_ARENA_MAX: '2' }, arenas: '2' },
];

for (const { id, env, arenas, young = false } of CASES) {
  t.test(`the same process, with settings that keep it small: ${id}`, { skip }, async (t) => {
    const cacheside = await startCacheside(['--upstream', 'http://127.0.0.1:9'], { env });
    t.teardown(() => cacheside.stop());
    const of = (name: string) => readFileSync(`/proc/${cacheside.child.pid}/${name}`, 'latin1').split('\0');
    t.equal(of('cmdline').includes('--max-semi-space-size=4'), young);
    t.ok(of('environ').includes(`MALLOC_ARENA_MAX=${arenas}`));
    t.equal(of('cmdline').at(-2)?.startsWith('127.0.0.1:'), true, 'with all its arguments');
    t.equal(await cacheside.stop(), 0);
  });
}
