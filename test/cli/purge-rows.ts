/** One purge of /products/1, /products/2 and /other, which are stored. */
interface Row {
  readonly given: readonly string[];
  readonly stdout: RegExp;
  /** What is left of /products/1, /products/2 and /other. */
  readonly left?: readonly boolean[];
}

export const PURGES: readonly Row[] = [
  {
    given: ['--url', '/products/1', '--url', '/products/2'],
    stdout:
      /^applied, position \d+: 2 stored responses in memory here\n {2}url \/products\/1: 1 stored response\n {2}url \/products\/2: 1 /,
    left: [false, false, true],
  },
  { given: ['--tag', 'all'], stdout: /: 3 stored responses in memory/, left: [false, false, false] },
  { given: ['--route', 'rest'], stdout: /\n {2}route rest: 1 stored response\n/, left: [true, true, false] },
  { given: ['--prefix', '/prod', '--soft'], stdout: /prefix \/prod \(soft\): 2/, left: [false, false, true] },
  { given: ['--glob', '/*/1'], stdout: /glob \/\*\/1: 1 /, left: [false, true, true] },
  {
    given: ['--group', 'g', '--origin', 'http://a.example'],
    stdout: /tag cache-group http:\/\/a\.example g: 0 /,
    left: [true, true, true],
  },
  {
    given: ['--all', '--yes'],
    stdout: /\n {2}everything: 3 stored responses\n/,
    left: [false, false, false],
  },
  {
    given: ['--all', '--dry-run'],
    stdout: /^dry run, nothing purged: 3 stored responses/,
    left: [true, true, true],
  },
];
