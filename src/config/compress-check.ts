import * as zlib from 'node:zlib';
import type { RouteRule } from '../policy/route-rule.ts';
import type { MemoryConfig } from './config.ts';
import type { Path, Report } from './problems.ts';
import type { RouteSettings } from './schema-route.ts';

/** Node has had it since 22.15 and 23.8. */
const HAS_ZSTD = 'zstdCompress' in zlib;

/** `compress`, and what it leaves no sense of beside it. `hasZstd`: whether this Node knows zstd. */
export function checkCompress(
  own: Partial<RouteSettings>,
  rule: RouteRule,
  path: Path,
  report: Report,
  hasZstd = HAS_ZSTD,
): void {
  for (const [i, coding] of (own.compress ?? []).entries()) {
    const where = [...path, 'compress', i];
    if (own.compress?.indexOf(coding) !== i) report(where, `\`${coding}\` stands here twice – remove one`);
    else if (coding === 'zstd' && !hasZstd) {
      report(
        where,
        `\`zstd\` needs Node 22.15, or 23.8 and later, and this is ${process.versions.node} – remove it, or run a newer Node`,
      );
    }
  }
  if (rule.compress.length === 0) return;
  if (rule.key.headers.includes('accept-encoding') && (own.compress ?? own.key?.headers) !== undefined) {
    const keyed = own.key?.headers?.indexOf('accept-encoding') ?? -1;
    const where = keyed < 0 ? ['compress'] : ['key', 'headers', keyed];
    report(
      [...path, ...where],
      'with `compress` one stored response answers every Accept-Encoding, and the key has that too – keep one of them',
    );
  }
  const isSet = rule.response.set.some(([name]) => name.toLowerCase() === 'content-encoding');
  if (isSet && (own.compress ?? own.response?.set) !== undefined) {
    const where = own.response?.set === undefined ? ['compress'] : ['response', 'set'];
    report(
      [...path, ...where],
      '`compress` says which coding a body is in, and so does `response.set` – keep one of them',
    );
  }
}

/** Compressed bodies stand in memory alone. */
export function checkCompressed(memory: MemoryConfig, routes: readonly RouteRule[], report: Report): void {
  const compressing = routes.find(({ cache, compress }) => cache && compress.length > 0);
  if (memory.enabled || compressing === undefined) return;
  report(
    ['memory'],
    `\`compress\` on the route \`${compressing.name}\` has no effect without memory, where compressed bodies stand – remove one of them`,
  );
}
