import type { AdminStats } from '../admin/ports.ts';
import { bytes, count, percent, perSecond } from './figures.ts';
import type { Moment } from './history.ts';
import type { PanelRow } from './panel.ts';

/** What is told of the memory tier. */
export function memoryRows({ memory }: AdminStats, moment: Moment | undefined): readonly PanelRow[] {
  if (memory === null) return [{ label: 'State', text: 'off', title: 'There is no memory tier.' }];
  const looks = memory.hits + memory.misses;
  return [
    { label: 'Held', text: `${bytes(memory.bytes)} (${percent(memory.bytes / memory.limit)})` },
    { label: 'Limit', text: bytes(memory.limit) },
    { label: 'Stored responses', text: count(memory.responses) },
    { label: 'Evictions', text: `${count(memory.evictions)}, ${perSecond(moment?.evictions)}` },
    { label: 'Expired', text: count(memory.expired) },
    {
      label: 'Looks that found',
      text: `${percent(looks === 0 ? null : memory.hits / looks)} of ${count(looks)}`,
    },
    { label: 'Stored, removed', text: `${count(memory.sets)}, ${count(memory.deletes)}` },
  ];
}
