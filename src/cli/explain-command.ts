import type { Command } from 'commander';
import type { Explanation } from '../admin/explanation.ts';
import { type AdminOptions, adminClient, adminOptions } from './admin-options.ts';
import { CommandError } from './command-error.ts';
import { isColored, type Terminal } from './terminal.ts';

interface Options extends AdminOptions {
  readonly header?: readonly string[];
  readonly request: string;
  readonly host?: string;
}

const EXAMPLES = `
Examples:
  cacheside explain /products/1
  cacheside explain -H 'Accept-Language: de' 'https://shop.example/products?page=2'
  cacheside explain -X HEAD --host shop.example /products/1`;

/** Columns where the output is no terminal. */
const WIDTH = 100;

/** `cacheside explain URL`: `POST /explain`. */
export function addExplain(program: Command, terminal: Terminal): void {
  adminOptions(program.command('explain'))
    .description('what would become of a request now, and why: route, key, what is stored, what to change')
    .argument('<url>', 'a path, or a URL with the host that clients ask for')
    .option('-H, --header <field>', "a request field, 'Name: value'; may be repeated", each)
    .option('-X, --request <method>', 'the method', 'GET')
    .option('--host <host>', 'the Host of a path: it is part of the cache key')
    .addHelpText('after', EXAMPLES)
    .action(async (url: string, options: Options) => {
      const headers = fieldsOf(options.header ?? []);
      const client = await adminClient(options, terminal);
      const order = {
        url,
        method: options.request,
        ...(options.host === undefined ? {} : { host: options.host }),
        ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
      };
      const { text, body } = await client.call<Explanation>(
        { method: 'POST', path: '/explain', body: order },
        ['request', 'routes', 'prediction', 'advice'],
      );
      const { stdout } = terminal;
      if (options.json) {
        stdout.write(text);
        return;
      }
      const { explanationLines } = await import('./explanation-text.ts');
      const { paint } = await import('./paint.ts');
      const lines = explanationLines(body, stdout.columns ?? WIDTH);
      // What is one word – a URL, a line of YAML – may be longer than the terminal is wide, and is not cut.
      const paper = { width: Number.POSITIVE_INFINITY, isColored: isColored(terminal, stdout) };
      stdout.write(`${lines.map((line) => paint(line, paper)).join('\n')}\n`);
    });
}

function each(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Fields of one name make one, as they do for caches (RFC 9110 §5.3). */
function fieldsOf(lines: readonly string[]): [name: string, value: string][] {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new CommandError(`-H: write a field as 'Name: value', not ${JSON.stringify(line)}`, 2);
    const lower = name.toLowerCase();
    const before = fields.get(lower);
    const glue = lower === 'cookie' ? '; ' : ', ';
    fields.set(lower, before === undefined ? value : before + glue + value);
  }
  return [...fields];
}
