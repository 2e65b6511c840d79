import { version } from '../version.ts';
import { EXPLANATION } from './openapi-explanation.ts';
import { FIGURES } from './openapi-figures.ts';
import { KEYS } from './openapi-keys.ts';
import { operationOf, PROBLEM, PROBLEM_RESPONSES } from './openapi-operation.ts';
import { PURGE_PATHS } from './openapi-purge-paths.ts';
import { PURGES } from './openapi-purges.ts';
import { READ_PATHS } from './openapi-read-paths.ts';
import { type Schema, text } from './openapi-schema.ts';
import { STATE } from './openapi-state.ts';
import type { Endpoint } from './router.ts';

const ABOUT = `What operators, probes and Prometheus ask of a Cacheside. Durations are milliseconds, sizes bytes, times milliseconds
since the epoch. \`HEAD\` is answered wherever \`GET\` is. Without configured tokens none is asked for, on loopback only; what an
operation has in its \`security\` is the scope that the token needs.`;

/** The admin API as an OpenAPI 3.1 document. */
export function openApiDocument(): Schema {
  const paths = [...PURGE_PATHS, ...READ_PATHS].map((one) => [one.path, { [one.method]: operationOf(one) }]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cacheside admin API',
      version: version(),
      description: ABOUT.replaceAll('\n', ' '),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The admin port that this was fetched from' }],
    tags: [
      { name: 'purges', description: 'Taking stored responses out of use' },
      { name: 'figures', description: 'What was counted' },
      { name: 'explanations', description: 'Why' },
      { name: 'operation', description: 'State and settings' },
      { name: 'dashboard', description: 'For browsers' },
    ],
    paths: Object.fromEntries(paths),
    components: {
      schemas: { ...PURGES, ...FIGURES, ...KEYS, ...EXPLANATION, ...STATE, Problem: PROBLEM },
      responses: PROBLEM_RESPONSES,
      headers: {
        'X-Request-Id': { description: 'The caller’s own where it is a plain one', schema: text() },
      },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of `admin.tokens`; `read` looks, `purge` changes state',
        },
      },
    },
  };
}

/**
 * `GET /openapi.json`: what this port can be asked for. Without a token: it is the same for every sidecar of this version,
 * and whoever makes a client of it has none yet.
 */
export function openApiEndpoint(): Endpoint {
  /** Anybody may ask for it: it is written once. */
  let body: Buffer | undefined;
  return {
    path: '/openapi.json',
    method: 'GET',
    scope: undefined,
    handle() {
      body ??= Buffer.from(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
      return { status: 200, body };
    },
  };
}
