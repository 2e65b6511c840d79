import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isInContext, matcher } from './context.ts';
import { type Instruction, readDockerfile, readPairs, readWords, type Stage } from './dockerfile.ts';

/** What a Dockerfile makes, without the files of the image that it begins with. */
export interface Image {
  readonly base: string;
  /** Folder that stands for `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  readonly stopSignal: string;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
}

export interface BuildOptions {
  /** The repository. */
  readonly context: string;
  /** An empty folder that takes the stages. */
  readonly into: string;
  /** Does what a command of RUN would do in `cwd`, and says true; by default each is run. */
  readonly instead?: (command: string, cwd: string) => boolean;
}

type Building = { -readonly [Key in keyof Image]: Image[Key] };

/**
 * Follows the Dockerfile by hand, without an engine: each stage in a folder of its own, with the Node and npm of this machine
 * where the stage has its own. Throws where a command fails, a file is not there, or an instruction is not known here.
 */
export function buildImage({ context, into, instead = () => false }: BuildOptions): Image {
  const ignore = readFileSync(join(context, '.dockerignore'), 'utf8');
  const built = new Map<string, Building>();
  const stages = readDockerfile(readFileSync(join(context, 'Dockerfile'), 'utf8'));
  let image: Building | undefined;
  for (const [i, stage] of stages.entries()) {
    image = begin(stage, join(into, stage.name ?? `stage-${i}`));
    for (const instruction of stage.instructions) {
      if (instruction.name === 'COPY') copy(instruction, image, { context, ignore, built });
      else if (instruction.name === 'RUN') run(instruction.text, image, instead);
      else describe(instruction, image);
    }
    if (stage.name !== undefined) built.set(stage.name, image);
  }
  if (image === undefined) throw new Error('the Dockerfile has no stage');
  return image;
}

function begin({ base }: Stage, root: string): Building {
  mkdirSync(root, { recursive: true });
  const nothing = { env: {}, labels: {}, entrypoint: [], healthcheck: [] };
  return { ...nothing, base, root, workdir: '/', user: '', stopSignal: 'SIGTERM' };
}

function describe({ name, text, line }: Instruction, image: Building): void {
  if (name === 'WORKDIR') {
    image.workdir = text;
    mkdirSync(join(image.root, text), { recursive: true });
  } else if (name === 'ENV') image.env = { ...image.env, ...readPairs(text) };
  else if (name === 'LABEL') image.labels = { ...image.labels, ...readPairs(text) };
  else if (name === 'USER') image.user = text;
  else if (name === 'STOPSIGNAL') image.stopSignal = text;
  else if (name === 'ENTRYPOINT') image.entrypoint = readWords(text);
  else if (name === 'HEALTHCHECK') image.healthcheck = readWords(text.replace(/^.*?\bCMD\s+/, ''));
  else if (name !== 'EXPOSE') throw new Error(`line ${line}: ${name} is not known here`);
}

interface Sources {
  readonly context: string;
  readonly ignore: string;
  readonly built: ReadonlyMap<string, Image>;
}

function copy({ text, line }: Instruction, image: Building, { context, ignore, built }: Sources): void {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const target = words.pop() ?? '';
  const stage = from === undefined ? undefined : built.get(from);
  if (from !== undefined && stage === undefined) throw new Error(`line ${line}: there is no stage ${from}`);
  const root = stage?.root ?? context;
  const sources = words.flatMap((word) => (word.includes('*') ? matching(root, word) : [word]));
  const isFolder = target.endsWith('/') || sources.length > 1;
  for (const source of sources) {
    const path = join(root, source);
    const isIn = (inside: string) => stage !== undefined || isInContext(ignore, inside);
    if (!existsSync(path) || (statSync(path).isFile() && !isIn(source)))
      throw new Error(`line ${line}: ${source} is not there`);
    const name = source.split('/').at(-1) ?? '';
    const into = isFolder && statSync(path).isFile() ? join(target, name) : target;
    const to = into.startsWith('/') ? join(image.root, into) : join(image.root, image.workdir, into);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(path, to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => file === path || statSync(file).isDirectory() || isIn(relative(root, file)),
    });
  }
}

function matching(root: string, pattern: string): string[] {
  const matches = matcher(pattern);
  return readdirSync(root).filter((name) => matches.test(name));
}

function run(command: string, { root, workdir, env }: Building, instead: BuildOptions['instead']): void {
  const cwd = join(root, workdir);
  if (instead?.(command, cwd)) return;
  // npm around this process says where it works, and what it omits, in variables; a test runner puts its hooks there.
  const around = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const { status, stdout, stderr } = spawnSync('env', ['-u', 'NODE_OPTIONS', 'sh', '-c', command], {
    cwd,
    encoding: 'utf8',
    env: { ...Object.fromEntries(around), ...env, npm_config_prefer_offline: 'true' },
  });
  if (status !== 0) throw new Error(`RUN ${command}\n${stdout}${stderr}`);
}
