import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * What process 1 was told, where that is Cacheside, as in a container: itself, or behind an init that starts it. Empty
 * anywhere else. `commandLine` gives its words as Linux keeps them, each ended by a NUL.
 */
export function firstProcessArguments(commandLine: () => string = readCommandLine): string[] {
  let words: string[];
  try {
    words = commandLine().split('\0').slice(0, -1);
  } catch {
    return [];
  }
  const name = words.findIndex((word) => basename(word) === 'cacheside');
  return name === -1 ? [] : words.slice(name + 1);
}

function readCommandLine(): string {
  return readFileSync('/proc/1/cmdline', 'utf8');
}
