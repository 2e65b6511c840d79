/** One instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** From one FROM to the next. */
export interface Stage {
  /** The image that it begins with, or the name of an earlier stage. */
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile. Throws where something stands before the first. */
export function readDockerfile(text: string): Stage[] {
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') {
      const [base = '', as, name] = instruction.text.split(/\s+/);
      stages.push({ base, name: as?.toUpperCase() === 'AS' ? name : undefined, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`line ${instruction.line}: ${instruction.name} before any FROM`);
    stage.instructions.push(instruction);
  }
  return stages;
}

/** `KEY=value …` of ENV and LABEL; a value may stand in double quotes. */
export function readPairs(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S*))/g)];
  return Object.fromEntries(pairs.map(([, key = '', quoted, plain]) => [key, quoted ?? plain ?? '']));
}

/** The words of `["node", "app"]`. Throws for the form that needs a shell: the image has none. */
export function readWords(text: string): string[] {
  const words: unknown = JSON.parse(text);
  if (!Array.isArray(words)) throw new Error(`not a list of words: ${text}`);
  return words.map(String);
}

function instructionsOf(text: string): Instruction[] {
  const found: Instruction[] = [];
  let continued: Instruction | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const isContinued = /\\\s*$/.test(line);
    const part = line.replace(/\\\s*$/, '').trim();
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(part) ?? [];
    const instruction: Instruction =
      continued === undefined
        ? { name: name.toUpperCase(), text: rest, line: i + 1 }
        : { ...continued, text: `${continued.text} ${part}` };
    continued = isContinued ? instruction : undefined;
    if (!isContinued) found.push(instruction);
  }
  return found;
}
