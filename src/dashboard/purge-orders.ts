import type { ReplicaReceipt, ReplicaState } from '../purge/purge-ledger.ts';

/** One selector of a purge as answers tell it, such as `{ "tag": "product:1", "soft": false, "matched": 1 }`. */
export type NamedPurge = Readonly<Record<string, unknown>>;

/** What `GET /purges` answers. */
export interface PurgeListing {
  readonly purges: readonly PurgeOrder[];
  readonly replicas: readonly ReplicaState[];
  /** false: Redis cannot be asked now, and this is what was known before. */
  readonly current: boolean;
}

export interface PurgeOrder {
  readonly order: string;
  readonly by: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly status: 'applied' | 'pending';
  readonly position: number | null;
  /** Who has applied it; null: it cannot be told. */
  readonly replicas: readonly string[] | null;
  readonly purges: readonly NamedPurge[];
  /** It had more than are listed. */
  readonly more?: boolean;
}

/** What `POST /purge` answers. */
export interface PurgeAnswer {
  readonly status: 'dry-run' | 'applied' | 'pending';
  readonly purges: readonly NamedPurge[];
  /** Stored responses in memory; null: not counted. */
  readonly matched: number | null;
  readonly order?: string;
  readonly position?: number;
  readonly replicas?: ReplicaReceipt;
  readonly repeated?: boolean;
  readonly why?: string;
}

/** A selector in words. */
export function namedText(purge: NamedPurge): string {
  const [kind = '', value] =
    Object.entries(purge).find(([name]) => name !== 'soft' && name !== 'matched') ?? [];
  const named = kind === 'all' ? 'everything' : `${kind} ${String(value)}`;
  return purge['soft'] === true ? `${named} (soft)` : named;
}
