import { type Completed, type CompletedCommand, type CompletedOption, quoted } from './completion.ts';

/** A script for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).filter((name) => name !== '');
  const none = `not __fish_seen_subcommand_from ${names.join(' ')}`;
  const lines = commands.flatMap(({ name, description, options, argument }) => {
    const when = name === '' ? none : `__fish_seen_subcommand_from ${name}`;
    const start = `complete -c cacheside -n ${fishQuoted(when)}`;
    return [
      ...(name === ''
        ? []
        : [`complete -c cacheside -n ${fishQuoted(none)} -a ${name} -d ${fishQuoted(description)}`]),
      ...options.map((option) => `${start} ${flags(option)} -d ${fishQuoted(option.description)}`),
      ...(argument === undefined || argument === 'text' ? [] : [`${start} ${operand(argument)}`]),
    ];
  });
  return `# fish completion of cacheside: cacheside completion fish | source
complete -c cacheside -e
complete -c cacheside -f
${lines.join('\n')}
`;
}

function flags({ short, long, value }: CompletedOption): string {
  const names = short === undefined ? `-l ${long.slice(2)}` : `-s ${short.slice(1)} -l ${long.slice(2)}`;
  return value === undefined ? names : `${names} -r ${operand(value)}`;
}

function operand(value: Completed): string {
  if (value === 'file') return '-F';
  return value === 'text' ? '-f' : `-f -a ${fishQuoted(value.join(' '))}`;
}

/** In fish, a backslash counts within single quotes. */
function fishQuoted(text: string): string {
  return quoted(text.replaceAll('\\', '\\\\').replaceAll("'", '’'));
}
