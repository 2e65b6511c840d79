import type { Described } from './openapi-operation.ts';
import { ref, text } from './openapi-schema.ts';

const ORDER = '5f0c9d1e-4a0e-4b5e-9d43-6a1c9b7e2f10';
const POSITION = 3_677_056_516_194_307;
const REPLICAS = ['shop-a:8080', 'shop-b:8080'];

/** What removes stored responses, and who did. */
export const PURGE_PATHS: readonly Described[] = [
  {
    path: '/purge',
    method: 'post',
    name: 'purge',
    tag: 'purges',
    scope: 'purge',
    summary: 'Removes or outdates stored responses',
    description:
      'In memory, in Redis and at every replica. One purge, or a list of them; one call is one append to the log.',
    parameters: [
      {
        name: 'Idempotency-Key',
        in: 'header',
        description: 'The same key with the same purges is answered with what the first came to',
        schema: { type: 'string', minLength: 1, maxLength: 255 },
      },
    ],
    takes: {
      schema: ref('PurgeOrder'),
      example: { purges: [{ tag: 'product-1' }, { prefix: '/products', soft: true }], wait: '2s' },
    },
    answers: {
      200: {
        description: 'It is applied here, and stands in the log; or it was a dry run',
        schema: { oneOf: [ref('PurgeApplied'), ref('PurgeCounted')] },
        example: {
          status: 'applied',
          order: ORDER,
          position: POSITION,
          purges: [
            { tag: 'product-1', soft: false, matched: 1 },
            { prefix: '/products', soft: true, matched: 11 },
          ],
          matched: 12,
          replicas: { all: true, applied: REPLICAS, waiting: [], silent: [] },
        },
      },
      202: {
        description: 'Redis is away: it is applied in this process, kept, and replayed',
        schema: ref('PurgePending'),
        example: {
          status: 'pending',
          order: ORDER,
          purges: [{ all: true, soft: false, matched: 120 }],
          matched: 120,
          why: 'Redis is down: the purge is applied in this process and kept; it reaches the other replicas once it stands in the log, into which it is put again where it is missing.',
        },
      },
    },
    problems: [409, 422],
  },
  {
    path: '/purges',
    method: 'get',
    name: 'listPurges',
    tag: 'purges',
    scope: 'read',
    summary: 'Who purged what, and which replicas have applied it',
    parameters: [
      {
        name: 'limit',
        in: 'query',
        description: 'Orders shown, newest first',
        schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
      },
    ],
    answers: {
      200: {
        description: 'The newest orders of all replicas',
        schema: ref('PurgeHistory'),
        example: {
          purges: [
            {
              order: ORDER,
              by: 'deploy',
              at: 1_795_438_674_358,
              status: 'applied',
              position: POSITION,
              replicas: REPLICAS,
              purges: [{ tag: 'product-1', soft: false }],
            },
          ],
          replicas: REPLICAS.map((name) => ({
            name,
            position: POSITION,
            seen: 1_795_438_676_012,
            silent: false,
          })),
          current: true,
        },
      },
    },
  },
  {
    path: '/warm',
    method: 'post',
    name: 'warm',
    tag: 'operation',
    scope: 'purge',
    summary: 'Fetches a list of paths into the cache',
    takes: {
      schema: ref('WarmOrder'),
      example: { paths: ['/products/1', '/products?limit=20'], host: 'shop.example', concurrency: 8 },
    },
    answers: {
      200: {
        description: 'All are done',
        schema: ref('WarmReport'),
        example: {
          requested: 2,
          stored: 1,
          hit: 0,
          notStored: 1,
          failed: 0,
          duration: 38,
          reasons: { 'response-private': 1 },
          failures: [],
        },
      },
    },
  },
  {
    path: '/reload',
    method: 'post',
    name: 'reload',
    tag: 'operation',
    scope: 'purge',
    summary: 'Reads the configuration file anew',
    description: 'A file with mistakes leaves the running configuration in place.',
    answers: {
      200: {
        description: 'The routes of now',
        schema: ref('Reloaded'),
        example: { status: 'reloaded', routes: ['product', 'list'] },
      },
    },
    problems: [409, 413, 422],
  },
  {
    path: '/',
    method: 'get',
    name: 'dashboard',
    tag: 'dashboard',
    scope: undefined,
    summary: 'The live dashboard',
    description:
      'What it loads lies under `/dashboard/`. It holds nothing secret; what it shows is fetched with a token.',
    problems: [503],
    answers: { 200: { description: 'A page', schema: text('HTML'), type: 'text/html' } },
  },
];
