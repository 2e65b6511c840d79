import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Sum of the lengths of all files below a folder, in bytes, and how many there are. */
export interface Weight {
  readonly bytes: number;
  readonly files: number;
}

/** What a folder or file weighs; symbolic links weigh nothing. */
export function weigh(path: string): Weight {
  const stat = lstatSync(path);
  if (stat.isFile()) return { bytes: stat.size, files: 1 };
  if (!stat.isDirectory()) return { bytes: 0, files: 0 };
  let bytes = 0;
  let files = 0;
  for (const name of readdirSync(path)) {
    const inside = weigh(join(path, name));
    bytes += inside.bytes;
    files += inside.files;
  }
  return { bytes, files };
}

/** The packages of a node_modules by name, those with a scope included. */
export function packagesOf(modules: string): string[] {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}
