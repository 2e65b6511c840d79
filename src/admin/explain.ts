import { members, text } from './body.ts';
import type { ExplainOrder } from './explanation.ts';
import { fewAtOnce } from './few-at-once.ts';
import type { AdminParts } from './ports.ts';
import { ProblemError } from './problem.ts';
import type { Endpoint } from './router.ts';

/** Each may walk through all of memory, bit by bit. */
const BOUNDS = { atOnce: 4, most: 250, busy: 'Too many explanations are asked for at once. Ask again.' };

/** `POST /explain`: how a request would fare now, and why. */
export function explainEndpoint({ explain }: Pick<AdminParts, 'explain'>): Endpoint {
  const inPlace = fewAtOnce(BOUNDS);
  return {
    path: '/explain',
    method: 'POST',
    scope: 'read',
    async handle({ json, signal }) {
      const order = parseExplainOrder(await json());
      const explanation = await inPlace(() => explain(order), signal);
      if (explanation === undefined) throw new ProblemError(503, 'No worker answers now. Ask again.');
      return { status: 200, body: explanation };
    },
  };
}

function parseExplainOrder(body: unknown): ExplainOrder {
  const found = members(body, ['url', 'host', 'method', 'headers']);
  const optional = (name: string) => (found.has(name) ? text(found.get(name), name) : undefined);
  const url = text(found.get('url'), 'url');
  if (!/^(?:\/|https?:\/\/)/i.test(url))
    throw new ProblemError(400, '"url" must begin with / or http(s)://.');
  return { url, host: optional('host'), method: optional('method'), headers: fieldsIn(found.get('headers')) };
}

/** A field of the request may be anything that JSON can say: whether a door lets it in is part of the answer. */
function fieldsIn(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProblemError(400, '"headers" must be an object of names and values.');
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, given]: [string, unknown]) => {
      if (typeof given !== 'string')
        throw new ProblemError(400, `"headers.${name.slice(0, 100)}" must be a string.`);
      return [name, given];
    }),
  );
}
