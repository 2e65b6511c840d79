import { type Schema, text } from './openapi-schema.ts';
import type { Scope } from './ports.ts';

/** What one endpoint is described by. */
export interface Described {
  readonly path: string;
  readonly method: 'get' | 'post';
  /** Also its `operationId`. */
  readonly name: string;
  readonly tag: 'purges' | 'figures' | 'explanations' | 'operation' | 'dashboard';
  readonly scope: Scope | undefined;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Schema[];
  /** Of a JSON body. */
  readonly takes?: { readonly schema: Schema; readonly example: unknown };
  readonly answers: Readonly<Record<number, Told>>;
  /** Problems of its own beside those that every endpoint has. */
  readonly problems?: readonly number[];
}

/** One answer. */
export interface Told {
  readonly description: string;
  readonly schema: Schema;
  /** `application/json` where it is left out. */
  readonly type?: string;
  readonly example?: unknown;
}

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The body or one of its members, the query, or the head is wrong; `detail` names it',
  401: 'No token, or one that is not known',
  403: 'The token lacks the scope, or a foreign `Host` or `Origin` on loopback',
  404: 'No such path; `paths` names those there are',
  405: 'The path has other methods',
  409: 'One is under way',
  413: 'The body is longer than 64 KiB',
  415: 'The body has a content coding',
  422: 'The configuration file has mistakes, or this Idempotency-Key was used for another purge',
  429: 'Too many calls without a valid token came from this address',
  431: 'The head has more than 100 fields; one of more than 16 KiB gets no document',
  500: 'A fault of Cacheside; the log says which',
  503: 'Not now; ask again',
};

/** What a problem has in its head beside what every answer has. */
const FIELDS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  403: ['WWW-Authenticate'],
  405: ['Allow'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/** What every answer has. */
const REQUEST_ID = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };

/** Answers to whoever cannot be served, by status; the names of components are `Problem400` and so on. */
export const PROBLEM_RESPONSES: Readonly<Record<string, Schema>> = Object.fromEntries(
  Object.entries(PROBLEMS).map(([status, description]) => [
    `Problem${status}`,
    {
      description,
      headers: {
        ...REQUEST_ID,
        ...Object.fromEntries((FIELDS[Number(status)] ?? []).map((name) => [name, { schema: text() }])),
      },
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
);

/** The Operation Object of an endpoint. */
export function operationOf(one: Described): Schema {
  const own = [...(one.problems ?? []), 400, 431, 500];
  const ofCallers = one.scope === undefined ? [403] : [401, 403, 429];
  const ofBodies = one.takes === undefined ? [] : [413, 415];
  const problems = [...new Set([...own, ...ofCallers, ...ofBodies])].sort((a, b) => a - b);
  return {
    operationId: one.name,
    tags: [one.tag],
    summary: one.summary,
    ...(one.description !== undefined && { description: one.description }),
    security: one.scope === undefined ? [] : [{ bearer: [one.scope] }],
    ...(one.parameters !== undefined && { parameters: one.parameters }),
    ...(one.takes !== undefined && {
      requestBody: { required: true, content: { 'application/json': one.takes } },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(one.answers).map(([status, told]) => [status, answerOf(told)])),
      ...Object.fromEntries(
        problems
          // Of two kinds of answers with one status, both are described where the first is.
          .filter((status) => one.answers[status] === undefined)
          .map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]),
      ),
    },
  };
}

function answerOf({ description, schema, type = 'application/json', example }: Told): Schema {
  const content = { [type]: { schema, ...(example !== undefined && { example }) } };
  return { description, headers: REQUEST_ID, content };
}

/** A problem document (RFC 9457). Which extensions it has is said by `detail`. */
export const PROBLEM: Schema = {
  type: 'object',
  description: 'A problem document (RFC 9457)',
  properties: {
    type: { const: 'about:blank' },
    title: text(),
    status: { type: 'integer' },
    detail: text('What is wrong, and what to do'),
    unknown: { type: 'array', items: text(), description: 'Names of members that are not known' },
    paths: { type: 'array', items: text(), description: 'Where something is' },
    problems: {
      type: 'array',
      items: { $ref: '#/components/schemas/ConfigProblem' },
      description: 'Mistakes of the configuration file',
    },
  },
  required: ['type', 'title', 'status', 'detail'],
  additionalProperties: false,
};
