import type { Described } from './openapi-operation.ts';
import { ref, type Schema, text } from './openapi-schema.ts';

const READINESS = {
  status: 'degraded',
  cache: { status: 'ok', responses: 812, bytes: 4_194_304, limit: 268_435_456 },
  redis: { status: 'down' },
  purges: { trusted: false, beyondLease: true },
};

const asked = (name: string, description: string, schema: Schema): Schema => ({
  name,
  in: 'query',
  description,
  schema,
});

/** What only looks. */
export const READ_PATHS: readonly Described[] = [
  {
    path: '/stats',
    method: 'get',
    name: 'stats',
    tag: 'figures',
    scope: 'read',
    summary: 'Requests, hit rate, response times, tiers',
    answers: { 200: { description: 'Counted since the start', schema: ref('Stats') } },
  },
  {
    path: '/live',
    method: 'get',
    name: 'live',
    tag: 'figures',
    scope: 'read',
    summary: 'The figures of /stats as they come',
    description:
      'Server-sent events called `live`, each with a `LiveEvent` as its data. At most 32 listen at once.',
    parameters: [
      asked('interval', 'ms between two events', {
        type: 'integer',
        minimum: 250,
        maximum: 60_000,
        default: 1_000,
      }),
    ],
    answers: {
      200: {
        description: 'A stream that goes on until either side ends it',
        type: 'text/event-stream',
        schema: {
          type: 'string',
          description: 'The data of each event is a LiveEvent',
          contentMediaType: 'application/json',
          contentSchema: ref('LiveEvent'),
        },
      },
    },
    problems: [503],
  },
  {
    path: '/keys',
    method: 'get',
    name: 'keys',
    tag: 'figures',
    scope: 'read',
    summary: 'What is used most, what is missed and why, what is stored below a path',
    parameters: [
      asked('limit', 'Members of each list', { type: 'integer', minimum: 1, maximum: 1_000, default: 20 }),
      asked('prefix', '`/path`, or `http://host/path`: what memory holds below it', text()),
    ],
    answers: {
      200: {
        description: 'What is known of the last ten to twenty minutes',
        schema: ref('KeyListing'),
        example: {
          since: 1_795_438_074_358,
          hottest: [],
          missed: [
            {
              url: 'http://shop.example/products/2',
              route: 'product',
              misses: 412,
              why: { cookie: 412 },
              at: 1_795_438_674_101,
            },
          ],
        },
      },
    },
  },
  {
    path: '/explain',
    method: 'post',
    name: 'explain',
    tag: 'explanations',
    scope: 'read',
    summary: 'Why a request is, or is not, answered from the cache, and what to change',
    description: 'Nothing is sent to the upstream, nothing counts as a use, and nothing is changed.',
    takes: {
      schema: ref('ExplainOrder'),
      example: { url: '/products/1?x=1', host: 'shop.example', headers: { 'accept-language': 'de' } },
    },
    answers: {
      200: { description: 'How the request would fare at this moment', schema: ref('Explanation') },
    },
    problems: [503],
  },
  {
    path: '/metrics',
    method: 'get',
    name: 'metrics',
    tag: 'figures',
    scope: 'read',
    summary: 'The same for Prometheus',
    answers: {
      200: { description: 'Prometheus’ text format, version 0.0.4', type: 'text/plain', schema: text() },
    },
  },
  {
    path: '/config',
    method: 'get',
    name: 'config',
    tag: 'operation',
    scope: 'read',
    summary: 'The effective configuration, secrets masked',
    answers: { 200: { description: 'After flags, environment and file', schema: ref('Config') } },
  },
  {
    path: '/healthz',
    method: 'get',
    name: 'health',
    tag: 'operation',
    scope: undefined,
    summary: 'Is the process alive',
    answers: {
      200: { description: 'It answers', schema: ref('Health'), example: { status: 'ok', uptime: 123_456 } },
    },
  },
  {
    path: '/readyz',
    method: 'get',
    name: 'readiness',
    tag: 'operation',
    scope: undefined,
    summary: 'Can it take requests',
    answers: {
      200: {
        description: 'It can; `degraded` where Redis or a worker is missing',
        schema: ref('Readiness'),
        example: READINESS,
      },
      503: {
        description: 'It is starting, or draining',
        schema: ref('Readiness'),
        example: { ...READINESS, status: 'draining' },
      },
    },
  },
  {
    path: '/openapi.json',
    method: 'get',
    name: 'openapi',
    tag: 'operation',
    scope: undefined,
    summary: 'This document',
    answers: {
      200: {
        description: 'OpenAPI 3.1',
        schema: { type: 'object', required: ['openapi', 'info', 'paths'] },
      },
    },
  },
];
