import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A program that the tests run, and where to have it from. */
export interface Tool {
  /** Any of these on the path will do. */
  readonly binaries: readonly string[];
  /** Debian's package. */
  readonly debian: string;
  /** Homebrew's, or where else macOS has it from. */
  readonly macos: string;
}

/** The tools that are not on the path. */
export function missing(tools: readonly Tool[]): Tool[] {
  return tools.filter(({ binaries }) => !binaries.some(isOnPath));
}

/** Whether packages can be installed here without asking: on Debian, as root. */
export function canInstall(): boolean {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}

/** Installs packages without starting their services: Debian asks policy-rc.d, and 101 forbids it. */
export function install(packages: readonly string[]): boolean {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'inherit', env }).status === 0;
    return apt('update', '-q') && apt('install', '-q', '-y', '--no-install-recommends', ...packages);
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

function isOnPath(binary: string): boolean {
  const { PATH = '' } = process.env;
  return PATH.split(':').some((folder) => {
    try {
      accessSync(join(folder, binary), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
