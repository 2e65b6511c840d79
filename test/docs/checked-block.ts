import { differencesOfJson, lastJson, missingLines } from './likeness.ts';
import type { Block } from './page.ts';
import type { Ran, Terminal } from './terminal.ts';

/** Runs the commands of a block, and compares what the page shows behind them. Resolves with what is wrong. */
export async function runBlock(terminal: Terminal, block: Block): Promise<string[]> {
  const ran = await terminal.run(block.text);
  if (ran.failed !== undefined) return [`${ran.failed}\n${ran.stdout}${ran.stderr}`];
  const { next } = block;
  return next === undefined ? [] : differences(next, ran, terminal);
}

function differences({ language, text }: Block, { stdout, stderr }: Ran, terminal: Terminal): string[] {
  if (language === 'json') {
    const came = lastJson(stdout);
    if (came === undefined) return [`JSON is shown, and this came: ${stdout}${stderr}`];
    const found = differencesOfJson(JSON.parse(text), came);
    return found.length === 0 ? [] : [...found, `All that came: ${JSON.stringify(came)}`];
  }
  if (language !== 'text') return [];
  const missing = missingLines(terminal.adapt(text), stdout);
  return missing.length === 0
    ? []
    : [`not in what came: ${missing.join('\n')}\nall that came:\n${stdout}${stderr}`];
}
