import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchema, valueSchema } from '../src/config/json-schema.ts';
import { reference } from './reference.ts';

/** What is generated from the schema of the configuration, by path from the root of the repository. */
export function generated(): ReadonlyMap<string, string> {
  return new Map([
    ['config/schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`],
    ['docs/configuration.md', reference(valueSchema())],
  ]);
}

/** The generated files whose text on disk is not what it would be now. */
export function stale(): string[] {
  return [...generated()].filter(([path, text]) => readOrNothing(path) !== text).map(([path]) => path);
}

function inRepository(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(inRepository(path), 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--check')) {
    const paths = stale();
    for (const path of paths) console.error(`${path} is stale – run \`npx tsx scripts/schema.ts\``);
    process.exitCode = paths.length === 0 ? 0 : 1;
  } else {
    for (const [path, text] of generated()) writeFileSync(inRepository(path), text);
  }
}
