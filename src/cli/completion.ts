import type { Command, Option } from 'commander';

/** What can be written in a place: a file of the system, one of these words, or something that nobody can know. */
export type Completed = 'file' | 'text' | readonly string[];

export interface CompletedOption {
  /** `-w`; undefined where it has none. */
  readonly short: string | undefined;
  /** `--watch`. */
  readonly long: string;
  readonly description: string;
  /** What its value is; undefined: it has none. */
  readonly value: Completed | undefined;
  readonly isRepeatable: boolean;
}

/** One command, as far as a shell is to know it. */
export interface CompletedCommand {
  /** Empty for the program itself. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** Its first argument; undefined: it has none. */
  readonly argument: Completed | undefined;
}

/** The program first, then its commands. */
export function completedCommands(program: Command): readonly CompletedCommand[] {
  const known = program.createHelp().visibleCommands(program);
  const names = known.map((command) => command.name());
  return [
    { ...completedCommand(program), name: '' },
    ...known.map((command) =>
      command.name() === 'help'
        ? { ...completedCommand(command), argument: names }
        : completedCommand(command),
    ),
  ];
}

function completedCommand(command: Command): CompletedCommand {
  const [argument] = command.registeredArguments;
  const choices = argument?.argChoices;
  return {
    name: command.name(),
    description: command.description(),
    options: command.createHelp().visibleOptions(command).flatMap(completedOption),
    argument:
      argument === undefined ? undefined : (choices ?? (argument.name() === 'file' ? 'file' : 'text')),
  };
}

function completedOption(option: Option): CompletedOption[] {
  const { short, long, description, argChoices, flags } = option;
  if (long === undefined || long === null) return [];
  const kind = argChoices ?? (flags.endsWith('<file>') ? 'file' : 'text');
  return [
    {
      short: short ?? undefined,
      long,
      description,
      // One that may be left out is not waited for.
      value: option.required ? kind : undefined,
      isRepeatable: option.parseArg !== undefined || option.variadic,
    },
  ];
}

/** In single quotes, for any of the shells. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
