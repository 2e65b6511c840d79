import type { LiveEvent } from '../admin/live-event.ts';
import type { AdminStats } from '../admin/ports.ts';
import { longText, text } from './column.ts';
import { byId } from './element.ts';
import { bytes, count, milliseconds, percent, perSecond } from './figures.ts';
import { writeMix } from './outcome-mix.ts';
import { createTable } from './table.ts';

type Tally = AdminStats['routes'][string];

interface RouteRow {
  readonly name: string;
  readonly tally: Tally;
  /** Requests a second; null: not known yet. */
  readonly rate: number | null;
}

/** What each route has done, with a row for all of them. */
export interface RoutesTable {
  show(event: LiveEvent): void;
}

export function createRoutesTable(): RoutesTable {
  const table = createTable<RouteRow>({
    caption: 'Routes, counted since the start',
    key: ({ name }) => name,
    sortedBy: 'requests',
    empty: 'There are no routes.',
    columns: [
      {
        id: 'name',
        label: 'Route',
        wide: true,
        by: ({ name }) => name,
        write: longText(({ name }) => (name === 'none' ? 'none (no route matched)' : name)),
      },
      {
        id: 'requests',
        label: 'Requests',
        numeric: true,
        by: (row) => row.tally.requests,
        write: text((row) => count(row.tally.requests)),
      },
      {
        id: 'rate',
        label: 'Now',
        title: 'Requests in the last second',
        numeric: true,
        by: ({ rate }) => rate,
        write: text(({ rate }) => perSecond(rate)),
      },
      {
        id: 'hitRate',
        label: 'Hit rate',
        numeric: true,
        by: (row) => row.tally.hitRate,
        write: text((row) => percent(row.tally.hitRate)),
      },
      { id: 'mix', label: 'Outcomes', write: (cell, row) => writeMix(cell, row.tally.outcomes) },
      {
        id: 'hits',
        label: 'Hits p99',
        numeric: true,
        by: (row) => row.tally.responseTime.hits.p99,
        write: text((row) => milliseconds(row.tally.responseTime.hits.p99)),
      },
      {
        id: 'forwarded',
        label: 'Forwarded p99',
        numeric: true,
        by: (row) => row.tally.responseTime.forwarded.p99,
        write: text((row) => milliseconds(row.tally.responseTime.forwarded.p99)),
      },
      {
        id: 'saved',
        label: 'Requests saved',
        title: 'Answered without a request to the upstream',
        numeric: true,
        by: (row) => row.tally.hits,
        write: text((row) => count(row.tally.hits)),
      },
      {
        id: 'bytesSaved',
        label: 'Bytes saved',
        numeric: true,
        by: (row) => row.tally.bytesSaved,
        write: text((row) => bytes(row.tally.bytesSaved)),
      },
      {
        id: 'bytesServed',
        label: 'Bytes served',
        numeric: true,
        by: (row) => row.tally.bytesServed,
        write: text((row) => bytes(row.tally.bytesServed)),
      },
    ],
  });
  byId('routes-table').append(table.element);
  return {
    show({ stats, window }) {
      const rateOf = (requests: number | undefined) =>
        window.duration === 0 || requests === undefined ? null : (requests * 1000) / window.duration;
      const rows = Object.entries(stats.routes).map(([name, tally]) => ({
        name,
        tally,
        rate: rateOf(window.routes[name]?.requests),
      }));
      table.show(rows, {
        name: 'All',
        requests: count(stats.requests),
        rate: perSecond(rateOf(window.requests)),
        hitRate: percent(stats.hitRate),
        hits: milliseconds(stats.responseTime.hits.p99),
        forwarded: milliseconds(stats.responseTime.forwarded.p99),
        saved: count(stats.hits),
        bytesSaved: bytes(stats.bytesSaved),
        bytesServed: bytes(stats.bytesServed),
      });
    },
  };
}
