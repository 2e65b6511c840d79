import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../fixtures/redis-server.ts';
import { type Program, startProgram } from './nginx.ts';

/** Path of varnishd on PATH; undefined where it, or the compiler that it needs, is not installed. */
export const varnish = findBinary('gcc') === undefined ? undefined : findBinary('varnishd');

/**
 * Starts Varnish with this VCL and resolves once `port` is open.
 * @throws Error where it does not start within 5 s
 */
export async function startVarnish(binary: string, vcl: string, port: number): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'varnish-'));
  writeFileSync(join(folder, 'page.vcl'), vcl);
  const places = [
    '-F',
    '-n',
    join(folder, 'work'),
    '-f',
    join(folder, 'page.vcl'),
    '-j',
    'none',
    '-T',
    'none',
  ];
  const small = ['-p', 'thread_pools=1', '-p', 'thread_pool_min=10', '-s', 'malloc,8m'];
  return startProgram(binary, [...places, '-a', `127.0.0.1:${port}`, ...small], port, folder);
}
