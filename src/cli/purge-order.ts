import { duration } from './admin-options.ts';
import { CommandError } from './command-error.ts';

/** What `cacheside purge` was told; each selector any number of times. */
export interface PurgeOptions {
  readonly url?: readonly string[];
  readonly tag?: readonly string[];
  readonly route?: readonly string[];
  readonly prefix?: readonly string[];
  readonly glob?: readonly string[];
  readonly group?: readonly string[];
  readonly origin?: string;
  readonly all?: boolean;
  readonly soft?: boolean;
  readonly dryRun?: boolean;
  /** true: as long as the admin port waits by itself. */
  readonly wait?: string | true;
}

/** The body of `POST /purge`. */
export type PurgeOrder = Readonly<Record<string, unknown>>;

const SELECTORS = ['url', 'tag', 'route', 'prefix', 'glob', 'group'] as const;

/** The order that the options make. Throws a CommandError that exits with 2 where they name nothing, or contradict each other. */
export function purgeOrder(options: PurgeOptions): PurgeOrder {
  const { origin, all = false, soft = false, dryRun = false, wait } = options;
  if (origin !== undefined && options.group === undefined)
    throw new CommandError(
      '--origin belongs to a --group; hosts of --url, --prefix and --glob stand in them',
      2,
    );
  if (origin === undefined && options.group !== undefined)
    throw new CommandError('--group belongs to one origin: name it, as in --origin http://shop.example', 2);
  if (dryRun && wait !== undefined)
    throw new CommandError('--dry-run purges nothing that --wait could wait for', 2);
  const purges: PurgeOrder[] = SELECTORS.flatMap((name) =>
    (options[name] ?? []).map((value) => ({
      [name]: value,
      ...(name === 'group' ? { origin } : {}),
      ...(soft ? { soft } : {}),
    })),
  );
  if (all) purges.push({ all, ...(soft ? { soft } : {}) });
  const [first] = purges;
  if (first === undefined)
    throw new CommandError(
      `nothing is named to purge: give ${SELECTORS.map((name) => `--${name}`).join(', ')} or --all`,
      2,
    );
  return {
    // What is wrong with a single one is named by its member alone.
    ...(purges.length === 1 ? first : { purges }),
    ...(dryRun ? { 'dry-run': true } : {}),
    ...(wait === undefined ? {} : { wait: wait === true ? true : duration(wait, '--wait') }),
  };
}
