import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** `required`: a MUST; `optimal`: what a good cache does; `check`: what a cache does, neither right nor wrong. */
export type Kind = 'required' | 'optimal' | 'check';

export interface SuiteTest {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  /** Tests without which this one says nothing. */
  readonly dependsOn: readonly string[];
}

export interface Section {
  readonly id: string;
  readonly name: string;
  readonly tests: readonly SuiteTest[];
}

/** The public HTTP caching suite, as far as a proxy can run it. */
export interface Suite {
  readonly root: string;
  readonly sections: readonly Section[];
}

/** A test as the suite's own files have it, as far as it is read here. */
interface SuiteFileTest {
  readonly id: string;
  readonly name: string;
  readonly kind?: Kind;
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
}

interface SuiteFileSection {
  readonly id: string;
  readonly name: string;
  readonly tests: readonly SuiteFileTest[];
}

/** Where the installed copy of the suite is. */
export function installedSuite(): string {
  return dirname(createRequire(import.meta.url).resolve('http-cache-tests/package.json'));
}

/** Whether the suite's engine stands in a folder of its own, as it has since the release on npm. */
export function hasMoved(root: string): boolean {
  return existsSync(join(root, 'test-engine'));
}

/** Imports a module of the suite, or of its engine. */
export async function importOf(root: string, path: string): Promise<unknown> {
  const moved = join(root, 'test-engine', path);
  return import(pathToFileURL(existsSync(moved) ? moved : join(root, path)).href);
}

/** The sections as the suite's own client takes them: the one on surrogates stands apart in the release on npm. */
export async function importSections(root: string): Promise<readonly unknown[]> {
  const section = async (path: string) => ((await importOf(root, path)) as { default: unknown }).default;
  const sections = (await section('tests/index.mjs')) as readonly unknown[];
  const surrogate = 'tests/surrogate-control.mjs';
  return existsSync(join(root, surrogate)) ? [...sections, await section(surrogate)] : sections;
}

/** @throws Error where `root` holds no copy of the suite */
export async function loadSuite(root: string = installedSuite()): Promise<Suite> {
  const sections = (await importSections(root)) as readonly SuiteFileSection[];
  return {
    root,
    sections: sections.map(({ id, name, tests }) => ({
      id,
      name,
      tests: tests.filter((test) => test.browser_only !== true).map(readTest),
    })),
  };
}

function readTest({ id, name, kind = 'required', depends_on: dependsOn = [] }: SuiteFileTest): SuiteTest {
  return { id, name, kind, dependsOn };
}
