/** What the shop of the soak has. */
export type Kind = 'product' | 'page' | 'file' | 'mine' | 'once';

/** One representation: what an answer must be to whom. */
export interface Good {
  readonly kind: Kind;
  readonly id: number;
  /** Of what is written in several; else empty. */
  readonly language: string;
  /** Of what is for one user alone; else empty. */
  readonly user: string;
}

const KIB = 1024;

/** Shortest and longest body, bytes. */
const SIZES: Readonly<Record<Kind, readonly [number, number]>> = {
  product: [200, 4 * KIB],
  page: [8 * KIB, 40 * KIB],
  file: [200 * KIB, 400 * KIB],
  mine: [200, 400],
  once: [KIB, 20 * KIB],
};

/** Nothing in it repeats, so that a byte in the wrong place shows. */
const text = Buffer.alloc(512 * KIB);
for (let at = 0; at < text.length; at += 8)
  text.write(`${(at * 7919).toString(36)}-`.padEnd(8, '~'), at, 'latin1');

export const labelOf = ({ kind, id, language, user }: Good): string => `${kind} ${id} ${language} ${user}`;

/** Its body in one version: a line that says what it is, then bytes that only it has. */
export function bodyOf(good: Good, version: number): Buffer {
  const [shortest, longest] = SIZES[good.kind];
  const size = shortest + ((good.id * 7919) % (longest - shortest));
  const start = (good.id * 31 + version * 127) % (64 * KIB);
  return Buffer.concat([Buffer.from(`${labelOf(good)} v${version}\n`), text.subarray(start, start + size)]);
}

/** The version that a whole body says it is; undefined where it is no body of this good at all. */
export function versionOf(good: Good, body: Buffer): number | undefined {
  const end = body.indexOf(10);
  const line = body.toString('latin1', 0, end);
  const label = labelOf(good);
  const version = line.startsWith(`${label} v`) ? Number(line.slice(label.length + 2)) : Number.NaN;
  return Number.isInteger(version) && body.equals(bodyOf(good, version)) ? version : undefined;
}

export const etagOf = (version: number): string => `"v${version}"`;
