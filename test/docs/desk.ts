import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './page.ts';

/** What pages name; copies, since a link would lead whatever removes or installs something into the repository. */
const COPIED = ['proxy.example.yaml', 'config', 'docs', 'examples'];
/** They install, or reach what this test has not started. */
const REFUSED = 'npm npx git sudo apt-get docker kubectl systemctl pkill killall'.split(' ');

const { CACHESIDE_TEST_BUILT: built } = process.env;
const ENTRY = built
  ? `'${join(ROOT, 'bin/cacheside')}'`
  : `'--import=${import.meta.resolve('tsx')}' '${fileURLToPath(new URL('../cli/cacheside.ts', import.meta.url))}'`;

/** A folder as a reader has it before them, and an environment in which `cacheside` is that of the repository. */
export interface Desk {
  readonly folder: string;
  /** A path for a file of this test's own. */
  file(name: string): string;
  readonly env: Readonly<Record<string, string>>;
  clear(): void;
}

export function setDesk(more: Readonly<Record<string, string>>): Desk {
  const scratch = mkdtempSync(join(tmpdir(), 'cacheside-docs-'));
  const [folder, bin] = [join(scratch, 'folder'), join(scratch, 'bin')];
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const program = `#!/bin/sh\nexec env -u NODE_OPTIONS '${process.execPath}' ${ENTRY} "$@"\n`;
  for (const place of [bin, join(folder, 'bin')]) {
    mkdirSync(place);
    writeFileSync(join(place, 'cacheside'), program, { mode: 0o755 });
  }
  for (const name of REFUSED) {
    const refusal = `#!/bin/sh\necho 'no page runs ${name}: say no-run REASON behind its fence' >&2\nexit 1\n`;
    writeFileSync(join(bin, name), refusal, { mode: 0o755 });
  }
  const { PATH = '' } = process.env;
  return {
    folder,
    file: (name) => join(scratch, name),
    env: { PATH: `${bin}:${PATH}`, HOME: scratch, TOKEN: 'an-open-port-takes-any', ...more },
    clear: () => rmSync(scratch, { recursive: true, force: true }),
  };
}
