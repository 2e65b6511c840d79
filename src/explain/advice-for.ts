import type { Advice, Prediction } from '../admin/explanation.ts';
import type { UpstreamView } from '../admin/explanation-upstream.ts';
import type { Detail } from '../policy/cache-status.ts';
import { adviceOn } from './advice.ts';
import type { InTheWay } from './change.ts';

/** What to change, the first thing in the way first: about the request, then about what the upstream answers it. */
export function adviceFor(
  way: Pick<InTheWay, 'request' | 'place'>,
  { reason, detail, subject }: Prediction,
  upstream: UpstreamView | null,
): Advice[] {
  const status = upstream?.status;
  const fields = upstream === null ? [] : upstream.fields.flat();
  const word = detail === null ? undefined : (detail.word as Detail);
  const first = adviceOn({ ...way, detail: word, subject: subject ?? undefined, status: undefined, fields });
  if (reason?.word === 'method') return first;
  const isStored = upstream === null || upstream.verdict.kind === 'store';
  if (isStored || upstream.verdict.detail === word) return first;
  const { verdict } = upstream;
  const then = {
    ...way,
    detail: verdict.detail ?? undefined,
    subject: verdict.subject ?? undefined,
    status,
    fields,
  };
  return [...first, ...adviceOn(then)];
}
