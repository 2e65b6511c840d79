import type { AdminStats } from '../admin/ports.ts';
import { count, milliseconds, NONE, span } from './figures.ts';
import type { PanelRow } from './panel.ts';

/** What is told of the purge log. */
export function purgeRows({ purges }: AdminStats): readonly PanelRow[] {
  const { applied, pending, trusted, confirmedAgo, beyondLease, lag, replicas } = purges;
  return [
    {
      label: 'Trusted',
      text: trusted ? 'yes' : 'no',
      level: trusted ? 'good' : 'bad',
      title: trusted ? 'No purge can have been missed.' : 'Purges may have been missed: Redis is not read.',
    },
    { label: 'Beyond the lease', text: beyondLease ? 'yes' : 'no', level: beyondLease ? 'bad' : 'good' },
    { label: 'Pending', text: count(pending), level: pending > 0 ? 'warn' : undefined },
    { label: 'Lag p50', text: milliseconds(lag.p50) },
    { label: 'Lag p99', text: milliseconds(lag.p99) },
    {
      label: 'Replicas',
      text:
        replicas.silent > 0
          ? `${count(replicas.known)}, ${count(replicas.silent)} silent`
          : count(replicas.known),
      level: replicas.silent > 0 ? 'warn' : undefined,
    },
    {
      label: 'End of the log seen',
      text: confirmedAgo === null ? 'never' : confirmedAgo === 0 ? 'now' : `${span(confirmedAgo)} ago`,
    },
    {
      label: 'Position',
      text: applied === 0 ? NONE : String(applied),
      title: 'The last of the purge log that is applied here.',
    },
  ];
}
