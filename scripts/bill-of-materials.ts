// npx tsx scripts/bill-of-materials.ts: CycloneDX of what an image or an installed package runs on, from the lockfile.
// npm's own `--omit=dev` leaves out what development needs as well, ioredis among them: so the lockfile is first brought
// to what is left without development.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--offline', '--loglevel=error'];

const scratch = mkdtempSync(join(tmpdir(), 'cacheside-bill-'));
try {
  // npm calls the component as its folder is called.
  const folder = join(scratch, 'cacheside');
  mkdirSync(folder);
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(ROOT, file), join(folder, file));
  npm(folder, 'pkg', 'delete', 'devDependencies', 'overrides');
  npm(folder, 'install', '--package-lock-only', ...QUIET);
  process.stdout.write(
    npm(folder, 'sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--loglevel=error'),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function npm(cwd: string, ...args: readonly string[]): string {
  // npm around this process says in variables where it works, and a test runner puts its hooks there.
  const around = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const options = {
    cwd,
    env: Object.fromEntries(around),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  } as const;
  const { status, stdout, stderr } = spawnSync('env', ['-u', 'NODE_OPTIONS', 'npm', ...args], options);
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`);
  return stdout;
}
