import { type Completed, type CompletedCommand, quoted } from './completion.ts';

/**
 * A script for bash, 3.2 of macOS included. It knows all by itself: no process is started for a completion. Where nothing is
 * put into COMPREPLY, bash completes files, unless it is told not to.
 */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).filter((name) => name !== '');
  const places = optionsWithValues(commands);
  const values = [...places].map(([kind, of]) => `    ${of.join(' | ')}) ${reply(kind)}; return ;;`);
  const flags = commands.map(({ name, options }) => {
    const all = options.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
    return `      ${quoted(name)}) _cacheside_words ${quoted(all.join(' '))} ;;`;
  });
  const operands = commands.flatMap(({ name, argument }) =>
    name === '' || argument === undefined ? [] : [`    ${quoted(`${name} 1`)}) ${reply(argument)} ;;`],
  );
  return `# bash completion of cacheside: source <(cacheside completion bash)
_cacheside_nothing() { compopt +o default +o bashdefault 2>/dev/null; }
_cacheside_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); _cacheside_nothing; }
_cacheside() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at= place=1 word i
  # The shell takes --option=value apart.
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$at $word" in
      ${[...places.values()].flat().join(' | ')}) ((i++)); [[ \${COMP_WORDS[i]} == '=' ]] && ((i++)); continue ;;
    esac
    [[ $word == -* ]] && continue
    if [[ -n $at ]]; then place=2
    else case $word in ${names.join(' | ')}) at=$word ;; *) place=2 ;; esac
    fi
  done
  COMPREPLY=()
  case "$at $prev" in
${values.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $at in
${flags.join('\n')}
    esac
    return
  fi
  case "$at $place" in
    ' 1') _cacheside_words ${quoted(names.join(' '))} ;;
${operands.join('\n')}
    *) _cacheside_nothing ;;
  esac
}
complete -o bashdefault -o default -F _cacheside cacheside
`;
}

/** The options as `'command --option'`, by what stands behind them. */
function optionsWithValues(commands: readonly CompletedCommand[]): Map<string, string[]> {
  const places = new Map<string, string[]>();
  for (const { name, options } of commands) {
    for (const { short, long, value } of options) {
      if (value === undefined) continue;
      const kind = typeof value === 'string' ? value : value.join(' ');
      const flags = short === undefined ? [long] : [short, long];
      places.set(kind, [...(places.get(kind) ?? []), ...flags.map((flag) => quoted(`${name} ${flag}`))]);
    }
  }
  return places;
}

/** `value`: one of them as it is, or words with blanks between them. */
function reply(value: Completed | string): string {
  if (value === 'file') return ':';
  if (value === 'text') return '_cacheside_nothing';
  return `_cacheside_words ${quoted(typeof value === 'string' ? value : value.join(' '))}`;
}
