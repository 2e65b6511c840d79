// npx tsx scripts/image-size.ts: follows the Dockerfile by hand, without an engine, and says what the files weigh that it
// adds to its base, by part and by package.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage } from './image/build.ts';
import { packagesOf, type Weight, weigh } from './image/weight.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Packages below this many bytes are told of together. */
const SMALL = 100_000;

const into = mkdtempSync(join(tmpdir(), 'cacheside-image-'));
try {
  const image = buildImage({ context: ROOT, into });
  const app = join(image.root, image.workdir);
  const modules = join(app, 'node_modules');
  console.log(`${image.base} and, below ${image.workdir}:\n`);
  for (const name of readdirSync(app)) print(name, weigh(join(app, name)));
  print('all', weigh(image.root));
  console.log('\nnode_modules:\n');
  const packages = packagesOf(modules).map((name) => ({ name, weight: weigh(join(modules, name)) }));
  packages.sort((a, b) => b.weight.bytes - a.weight.bytes);
  for (const { name, weight } of packages) if (weight.bytes >= SMALL) print(name, weight);
  const small = packages.filter(({ weight }) => weight.bytes < SMALL).map(({ weight }) => weight);
  const bytes = small.reduce((sum, weight) => sum + weight.bytes, 0);
  print(`${small.length} others`, { bytes, files: small.reduce((sum, { files }) => sum + files, 0) });
} finally {
  rmSync(into, { recursive: true, force: true });
}

function print(name: string, { bytes, files }: Weight): void {
  const size = Math.round(bytes / 1_000).toLocaleString('en');
  console.log(`${size.padStart(9)} kB ${String(files).padStart(6)} files  ${name}`);
}
