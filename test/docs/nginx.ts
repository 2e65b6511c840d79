import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../fixtures/eventually.ts';
import { findBinary } from '../fixtures/redis-server.ts';
import { ROOT } from './page.ts';

/** Path of nginx on PATH; undefined where it is not installed. */
export const nginx = findBinary('nginx');

export interface Program {
  stop(): Promise<void>;
}

/**
 * Starts nginx with what stands inside `http { … }`, a certificate beside it, and resolves once `port` is open.
 * @throws Error where it does not start within 5 s
 */
export async function startNginx(binary: string, http: string, port: number): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  mkdirSync(join(folder, 'logs'));
  for (const name of ['cert.pem', 'key.pem']) {
    cpSync(join(ROOT, 'test/fixtures/tls', name), join(folder, name));
  }
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  const configuration = `daemon off;
    master_process off;
    pid nginx.pid;
    error_log stderr error;
    events { worker_connections 64; }
    http { access_log off; ${places.join(' ')}\n${http}\n}\n`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  return startProgram(binary, ['-p', folder, '-e', 'stderr', '-c', 'nginx.conf'], port, folder);
}

/** Starts a program in a folder of its own, which goes with it, and resolves once `port` is open. */
export async function startProgram(
  binary: string,
  args: readonly string[],
  port: number,
  folder: string,
): Promise<Program> {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const gone = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(async () => child.exitCode !== null || (await isOpen(port)), 5_000);
  } catch (error) {
    await stop();
    throw error;
  }
  if (child.exitCode !== null) throw new Error(`${binary} ended with ${child.exitCode}: ${said}`);
  return { stop };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
