import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importOf, type Suite } from './suite.ts';
import { type Notes, verdicts } from './verdict.ts';

/** A cache whose results the suite publishes with its copy. */
export interface Peer {
  /** With its version. */
  readonly name: string;
  readonly passes: (id: string) => boolean;
}

interface Published {
  readonly file: string;
  readonly name: string;
  readonly type: string;
  readonly version: string;
}

/** The proxies among the results that come with the suite. */
export async function publishedPeers(suite: Suite): Promise<Peer[]> {
  const { default: published } = (await importOf(suite.root, 'results/index.mjs')) as {
    default: readonly Published[];
  };
  return published
    .filter(({ type }) => type === 'rev-proxy')
    .map(({ file, name, version }) => {
      const notes = JSON.parse(readFileSync(join(suite.root, 'results', file), 'utf8')) as Notes;
      const found = verdicts(suite, notes);
      return { name: `${name} ${version}`, passes: (id) => found.get(id)?.kind === 'pass' };
    });
}
