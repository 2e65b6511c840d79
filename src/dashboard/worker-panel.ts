import type { AdminStats } from '../admin/ports.ts';
import { count, span } from './figures.ts';
import type { PanelRow } from './panel.ts';

/** What is told of the processes that answer requests; nothing where there is one alone. */
export function workerRows({ workers, workerRestarts }: AdminStats): readonly PanelRow[] {
  if (workers === undefined) return [];
  return [
    ...workers.map(({ worker, pid, uptime, requests, answers }) => ({
      label: `Worker ${worker}`,
      text: answers ? `${count(requests)} requests, up ${span(uptime)}` : 'does not answer',
      level: answers ? undefined : ('bad' as const),
      title: `Process ${pid}`,
    })),
    { label: 'Replaced', text: count(workerRestarts), level: (workerRestarts ?? 0) > 0 ? 'warn' : undefined },
  ];
}
