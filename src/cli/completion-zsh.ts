import { type Completed, type CompletedCommand, type CompletedOption, quoted } from './completion.ts';

/** A script for zsh, to be sourced or put as `_cacheside` into a folder of $fpath. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const [program, ...others] = commands;
  const described = others.map(({ name, description }) => quoted(`${name}:${description}`));
  return `#compdef cacheside
# zsh completion of cacheside: source <(cacheside completion zsh)
_cacheside() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${(program?.options ?? []).map((option) => `    ${specification(option)} \\`).join('\n')}
    '1:command:->command' '*::argument:->argument' && return
  case $state in
    command)
      local -a commands=(
${described.map((one) => `        ${one}`).join('\n')}
      )
      _describe -t commands command commands
      ;;
    argument)
      case $words[1] in
${others.map(command).join('\n')}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _cacheside ]]; then _cacheside "$@"; else compdef _cacheside cacheside; fi
`;
}

function command({ name, options, argument }: CompletedCommand): string {
  const specifications = options.map(specification);
  if (argument !== undefined)
    specifications.push(quoted(`1:${name === 'help' ? 'command' : 'argument'}:${action(argument)}`));
  return `        ${name}) _arguments ${specifications.join(' ')} ;;`;
}

function specification({ short, long, description, value, isRepeatable }: CompletedOption): string {
  const about = `[${description.replace(/[[\]\\]/g, '\\$&')}]`;
  const operand = value === undefined ? '' : `:${long.slice(2)}:${action(value)}`;
  const flags = short === undefined ? [long] : [short, long];
  const once = isRepeatable ? '*' : flags.length > 1 ? `(${flags.join(' ')})` : '';
  return flags.map((flag) => quoted(`${once}${flag}${about}${operand}`)).join(' ');
}

function action(value: Completed): string {
  if (value === 'file') return '_files';
  // A blank says that nothing is offered.
  return value === 'text' ? ' ' : `(${value.join(' ')})`;
}
