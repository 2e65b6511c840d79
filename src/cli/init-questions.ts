import type { Readable, Writable } from 'node:stream';
import { confirm, intro, isCancel, text } from '@clack/prompts';
import { CommandError } from './command-error.ts';
import { type InitSettings, problemOf, USUAL } from './init-settings.ts';
import type { Terminal } from './terminal.ts';

/** What flags said already. */
export type Known = { readonly [K in keyof InitSettings]?: InitSettings[K] | undefined };

export interface Asked {
  readonly settings: InitSettings;
  readonly logs: readonly string[];
}

/** Asks for what no flag said, on standard error: the file may go to standard output. Throws a CommandError where somebody gives up. */
export async function askSettings(
  known: Known,
  logs: readonly string[] | undefined,
  { stdin, stderr }: Terminal,
): Promise<Asked> {
  const common: Streams = { input: stdin, output: stderr };
  intro('A configuration for Cacheside', common);
  const ask = async (
    flag: 'upstream' | 'listen' | 'redis' | 'ttl',
    message: string,
    usual: string,
    isOptional = false,
  ): Promise<string> => {
    const answer = await text({
      ...common,
      message,
      placeholder: usual,
      defaultValue: isOptional ? '' : usual,
      validate: (value) => (value === undefined || value === '' ? undefined : problemOf(flag, value)),
    });
    return given(answer);
  };
  const upstream =
    known.upstream ?? (await ask('upstream', 'Where is the service behind?', 'http://127.0.0.1:3000'));
  const listen = known.listen ?? (await ask('listen', 'Where do clients connect?', USUAL.listen));
  const named = logs ?? (await askLogs(common));
  const ttl =
    known.ttl ??
    (named.length > 0
      ? undefined
      : await ask(
          'ttl',
          'How long is a response fresh where the service does not say? (Enter: not at all)',
          '30s',
          true,
        ));
  const redis =
    known.redis ??
    (await ask(
      'redis',
      'Is there a Redis to share with replicas? (Enter: none)',
      'redis://127.0.0.1:6379',
      true,
    ));
  const adminToken =
    known.adminToken ??
    given(
      await confirm({
        ...common,
        message: 'Should the admin port ask for a token? (It listens on loopback alone.)',
        initialValue: false,
      }),
    );
  return {
    settings: {
      ...USUAL,
      upstream,
      listen,
      ...(known.adminListen !== undefined && { adminListen: known.adminListen }),
      ...(known.memory !== undefined && { memory: known.memory }),
      adminToken,
      ttl: ttl === '' ? undefined : ttl,
      redis: redis === '' ? undefined : redis,
    },
    logs: named,
  };
}

interface Streams {
  readonly input: Readable;
  readonly output: Writable;
}

async function askLogs(streams: Streams): Promise<string[]> {
  const answer = await text({
    ...streams,
    message: 'An access log to propose routes from? (Enter: none)',
    placeholder: 'access.log.gz',
    defaultValue: '',
  });
  return given(answer)
    .split(/\s+/)
    .filter((name) => name !== '');
}

function given<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CommandError('given up; nothing was written');
  return answer as Exclude<T, symbol>;
}
