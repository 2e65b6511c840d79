import type { IncomingMessage } from 'node:http';
import { type Answer, empty, json, problem, Refusal } from './answer.ts';
import { type Catalogue, DuplicateSku, type StoredProduct } from './catalogue.ts';
import { readJson } from './json-body.ts';
import { checkPreconditions, contentTag, type Validators, validatorHeaders } from './preconditions.ts';
import {
  type ProductInput,
  patchProduct,
  readListQuery,
  type Validated,
  validateProduct,
} from './product.ts';

const JSON_TYPE = ['application/json'];
const PATCH_TYPES = ['application/merge-patch+json', 'application/json'];

/** GET /products */
export function listProducts(catalogue: Catalogue, req: IncomingMessage, query: URLSearchParams): Answer {
  const read = readListQuery(query);
  if (read.kind === 'invalid') return problem(400, 'Invalid query', { errors: read.problems });
  const { limit, offset } = read.value;
  const answer = json(200, { ...catalogue.list(read.value), limit, offset });
  return conditional(req, answer, { etag: contentTag(answer.body), modified: undefined });
}

/** POST /products */
export async function createProduct(catalogue: Catalogue, req: IncomingMessage): Promise<Answer> {
  const input = accept(validateProduct(await readJson(req, JSON_TYPE)));
  const stored = writing(() => catalogue.add(input));
  return represent(201, stored, { location: `/products/${stored.product.id}` });
}

/** GET /products/:id */
export function readProduct(catalogue: Catalogue, req: IncomingMessage, id: number): Answer {
  const stored = catalogue.find(id) ?? notFound(id);
  return conditional(req, json(200, stored.product), validatorsOf(stored));
}

/** PUT /products/:id; replaces, never creates: ids are the service's to give. */
export async function replaceProduct(
  catalogue: Catalogue,
  req: IncomingMessage,
  id: number,
): Promise<Answer> {
  const sent = await readJson(req, JSON_TYPE);
  current(catalogue, req, id);
  const input = accept(validateProduct(sent));
  return represent(200, writing(() => catalogue.replace(id, input)) ?? notFound(id));
}

/** PATCH /products/:id */
export async function changeProduct(catalogue: Catalogue, req: IncomingMessage, id: number): Promise<Answer> {
  const patch = await readJson(req, PATCH_TYPES);
  const { product } = current(catalogue, req, id);
  const input = accept(patchProduct(product, patch));
  return represent(200, writing(() => catalogue.replace(id, input)) ?? notFound(id));
}

/** DELETE /products/:id */
export function removeProduct(catalogue: Catalogue, req: IncomingMessage, id: number): Answer {
  current(catalogue, req, id);
  catalogue.remove(id);
  return empty(204);
}

/** The product about to be written, after its preconditions; throws a Refusal with 404 or 412. */
function current(catalogue: Catalogue, req: IncomingMessage, id: number): StoredProduct {
  const stored = catalogue.find(id) ?? notFound(id);
  if (checkPreconditions(req, validatorsOf(stored)) !== 'proceed') {
    const detail = 'the product was changed since; read it again';
    throw new Refusal(
      problem(412, 'Precondition failed', { detail, headers: validatorHeaders(validatorsOf(stored)) }),
    );
  }
  return stored;
}

function accept(validated: Validated<ProductInput>): ProductInput {
  if (validated.kind === 'valid') return validated.value;
  throw new Refusal(problem(422, 'Invalid product', { errors: validated.problems }));
}

function writing<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof DuplicateSku)) throw error;
    throw new Refusal(
      problem(409, 'Duplicate SKU', { errors: [{ pointer: '#/sku', detail: error.message }] }),
    );
  }
}

function notFound(id: number): never {
  throw new Refusal(problem(404, 'No such product', { detail: `there is no product ${id}` }));
}

function validatorsOf({ product, version }: StoredProduct): Validators {
  return { etag: `"${product.id}-${version}"`, modified: product.updatedAt };
}

function represent(status: number, stored: StoredProduct, headers: Answer['headers'] = {}): Answer {
  return json(status, stored.product, { ...headers, ...validatorHeaders(validatorsOf(stored)) });
}

/** The answer with its validators, or 304 or 412 in its place. */
function conditional(req: IncomingMessage, answer: Answer, validators: Validators): Answer {
  const headers = validatorHeaders(validators);
  const outcome = checkPreconditions(req, validators);
  if (outcome === 304) return empty(304, headers);
  if (outcome === 412) return problem(412, 'Precondition failed', { headers });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
