import { formatDuration } from '../config/duration.ts';
import type { ProposedRoute } from '../traffic/proposal.ts';
import { formatCount } from './amounts.ts';
import { comment, flowList, scalar } from './yaml-scalar.ts';

/** One proposed route, its reasons above it. `expected`: what a replay comes to. */
export function routeLines(route: ProposedRoute, expected: string | undefined): string[] {
  const { name, pattern, requests, ttl, notFoundTtl, exclude, sortsQuery, tags, purge, reasons } = route;
  const seen = [`${formatCount(requests)} requests`, ...(expected === undefined ? [] : [expected])].join(
    ', ',
  );
  return [
    ...comment(`${seen}.`, '  '),
    ...reasons.flatMap((reason) => comment(`${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, '  ')),
    `  - name: ${scalar(name)}`,
    `    match: ${scalar(pattern)}`,
    ...(ttl === undefined ? ['    cache: false'] : [`    ttl: ${formatDuration(ttl)}`]),
    ...(notFoundTtl === undefined ? [] : ['    status-ttl:', `      404: ${formatDuration(notFoundTtl)}`]),
    ...keyLines(exclude, sortsQuery),
    ...(tags.length === 0 ? [] : [`    tags: ${flowList(tags)}`]),
    ...(purge.length === 0 ? [] : [`    purge: ${flowList(purge)}`]),
  ];
}

function keyLines(exclude: readonly string[], sortsQuery: boolean): string[] {
  if (exclude.length === 0 && !sortsQuery) return [];
  return [
    '    key:',
    ...(exclude.length === 0
      ? []
      : [
          '      query:',
          `        exclude: ${flowList(exclude)}   # says where a visitor came from; not sent to the upstream`,
        ]),
    ...(sortsQuery ? ['      sort-query: true              # in whatever order the parameters come'] : []),
  ];
}
