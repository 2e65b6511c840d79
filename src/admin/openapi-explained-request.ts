import type {
  FieldView,
  KeyPart,
  KeyView,
  LookupView,
  Mismatch,
  RequestView,
  RouteTrial,
  VariantView,
} from './explanation-request.ts';
import {
  count,
  integer,
  list,
  map,
  nullable,
  object,
  ref,
  type Schema,
  text,
  word,
  yesNo,
} from './openapi-schema.ts';

/** How an explained request is understood, by the names of components. */
export const EXPLAINED_REQUEST: Readonly<Record<string, Schema>> = {
  RequestView: object<RequestView>({
    method: text(),
    scheme: word(['http', 'https']),
    authority: text('Host and port in lower case'),
    path: text('Normalised'),
    query: text('Secrets redacted'),
    fields: list(ref('FieldView')),
    upstreamTarget: nullable(text('Path and query as the upstream would be asked for')),
    refused: nullable(object({ status: integer(), why: text() }), 'Set where the door refuses it'),
  }),
  FieldView: object<FieldView>({
    name: text('In lower case'),
    value: text(),
    fate: word(['keyed', 'forwarded', 'removed', 'changed', 'added', 'bypasses']),
    why: text(),
    sent: nullable(text('As it is sent; null where it is not, or as it came')),
  }),
  RouteTrial: object<RouteTrial>({
    index: count('From 0, as in `routes[0]`'),
    name: text(),
    match: text('As it stands in the file'),
    line: nullable(integer('In the configuration file')),
    matched: yesNo(),
    params: nullable(map(text())),
    mismatch: nullable(ref('Mismatch')),
  }),
  Mismatch: object<Mismatch>({
    part: word(['path', 'method', 'host', 'query', 'header']),
    name: nullable(text()),
    expected: text('As in the file'),
    actual: nullable(text()),
  }),
  LookupView: object<LookupView>({
    kind: word(['lookup', 'pass']),
    reason: nullable(text()),
    detail: nullable(text()),
    subject: nullable(text()),
  }),
  KeyView: object<KeyView>({
    key: text('Secrets digested'),
    url: text('What a purge by URL names'),
    parts: list(ref('KeyPart')),
    variant: nullable(ref('VariantView')),
    noVarySearch: nullable(text()),
  }),
  KeyPart: object<KeyPart>({
    part: word(['scheme', 'host', 'path', 'query', 'header', 'cookie', 'forwarded']),
    name: nullable(text()),
    value: nullable(text('Digested where it may be a secret')),
    counts: yesNo('false: it does not count'),
    by: text('The setting by which it does, or does not'),
  }),
  VariantView: object<VariantView>({
    vary: list(text()),
    values: map(nullable(text())),
  }),
};
