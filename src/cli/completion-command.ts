import { Argument, type Command } from 'commander';
import type { Terminal } from './terminal.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

const SET_UP = `
For good:
  bash   echo 'source <(cacheside completion bash)' >> ~/.bashrc
  zsh    echo 'source <(cacheside completion zsh)' >> ~/.zshrc     (behind compinit)
  fish   cacheside completion fish > ~/.config/fish/completions/cacheside.fish`;

/** `cacheside completion SHELL`. */
export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a script that completes commands, options and files in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', SET_UP)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completedCommands } = await import('./completion.ts');
      terminal.stdout.write((await scriptFor(shell))(completedCommands(program)));
    });
}

async function scriptFor(shell: (typeof SHELLS)[number]) {
  switch (shell) {
    case 'bash':
      return (await import('./completion-bash.ts')).bashCompletion;
    case 'zsh':
      return (await import('./completion-zsh.ts')).zshCompletion;
    case 'fish':
      return (await import('./completion-fish.ts')).fishCompletion;
    default:
      return shell satisfies never;
  }
}
