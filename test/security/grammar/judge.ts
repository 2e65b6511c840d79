import { type ReadAnswer, readAnswers } from './answer-reader.ts';
import { disagreement } from './disagreement.ts';
import type { ReadRequest } from './request-reader.ts';
import type { Batch, Played, Stream } from './stage.ts';

/** What must not be, and whose bytes it came of, as far as that can be told. */
export interface Finding {
  readonly stream: Stream | undefined;
  readonly why: string;
}

/** With these a request is refused; whatever else is not 200 was made of a disagreement. */
const REFUSALS = new Set([400, 405, 414, 417, 431, 501, 505]);

/** All that is wrong in what became of a batch. */
export function judge(batch: Batch): readonly Finding[] {
  const findings: Finding[] = batch.faults.map((fault) => ({
    stream: undefined,
    why: `it logged ${JSON.stringify(fault)}`,
  }));
  for (const one of batch.played) {
    const why = wrongAnswer(one);
    if (why !== undefined) findings.push({ stream: one.stream, why });
  }
  return [...findings, ...wrongClean(batch), ...wrongUpstream(batch)];
}

/** What a request is to the upstream; whatever else of it differs is no other request. */
export const keyOf = ({ method, target, host, body }: ReadRequest): string =>
  JSON.stringify([method, originForm(target), host || 'localhost', body]);

/** As it is sent: never in absolute-form, and normalised (RFC 3986 §6.2.2). */
function originForm(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]+/i, '').replace(/^(?!\/)/, '/');
  const query = path.indexOf('?');
  const rest = query < 0 ? '' : path.slice(query);
  const plain = (query < 0 ? path : path.slice(0, query)).replace(/%[0-9a-f]{2}/gi, (triplet) => {
    const letter = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[\w.~-]/.test(letter) ? letter : triplet.toUpperCase();
  });
  return plain + (rest === '?' ? '' : rest);
}

function wrongAnswer({ reading, got, gotBefore, ended, endedItself, stream }: Played): string | undefined {
  const { requests, rest } = reading;
  const methods = requests.map(({ method }) => method);
  const told = readAnswers(got, methods);
  const before = readAnswers(got.slice(0, gotBefore), methods);
  const wasCut = rest === 'more';
  // Of what is refused only at its end, the client has ended first.
  const isLate = (at: number) => at >= before.answers.length;
  if (told.rest !== '' && !wasCut) return `no answer: ${JSON.stringify(told.rest.slice(0, 300))}`;
  const text = stream.pieces.join('');
  if (told.interim.some((status) => status !== 100) || (told.interim.length > 0 && !/expect/i.test(text)))
    return `interim answers that nobody asked for: ${told.interim}`;
  for (const [at, answer] of told.answers.entries()) {
    const request = requests[at];
    const isEarly = answer.fields.has('x-early');
    if (answer.status === 200 && isEarly && request === undefined && at === requests.length) {
      // To the head of what could not be read, or did not come.
      if (rest !== 'more' && rest !== 'wrong') return `answer ${at + 1} is to nothing`;
    } else if (answer.status === 200) {
      const why = request === undefined ? 'what a strict reader does not read' : misplaced(answer, request);
      if (why !== undefined) return `answer ${at + 1} is to ${why}: ${JSON.stringify([...answer.fields])}`;
    } else if (!REFUSALS.has(answer.status)) return `answer ${at + 1} is ${answer.status} ${answer.body}`;
    else if (at < told.answers.length - 1) return `something is answered behind the ${answer.status}`;
    else if (!endedItself && !wasCut && !isLate(at))
      return `the connection goes on behind the ${answer.status}`;
    else if (at > requests.length) return `${at + 1} answers to ${requests.length} requests`;
  }
  if (!ended && !wasCut) return 'the connection does not end';
  const isRefused = told.answers.some(({ status }) => status !== 200);
  if (!isRefused && !endedItself && !wasCut && told.answers.length < requests.length)
    return `${told.answers.length} answers to ${requests.length} requests`;
  return undefined;
}

/** What else than this request an answer is to. */
function misplaced({ fields, body }: ReadAnswer, request: ReadRequest): string | undefined {
  const told = [fields.get('x-method'), fields.get('x-target'), fields.get('x-host'), fields.get('x-length')];
  const asked = [
    request.method,
    originForm(request.target),
    request.host || 'localhost',
    `${request.body.length}`,
  ];
  // A HEAD may be answered by what a GET has left.
  if (request.method === 'HEAD' && told[0] === 'GET') told[0] = 'HEAD';
  if (fields.has('x-early')) told[3] = asked[3];
  if (told.join(' ') !== asked.join(' ')) return `${told.join(' ')} instead of ${asked.join(' ')}`;
  if (request.method !== 'HEAD' && !body.startsWith(`${told[0]} ${told[1]} of `)) return `a body ${body}`;
  const status = fields.get('cache-status') ?? '';
  if (
    status.includes('fwd=') &&
    !status.includes('collapsed') &&
    fields.get('x-id') !== fields.get('x-request-id')
  )
    return `another id, ${fields.get('x-id')}`;
  return undefined;
}

/** What a client that did nothing wrong was told that is not so. */
function wrongClean({ clean, cleanGot, played }: Batch): Finding[] {
  const told = readAnswers(
    cleanGot,
    clean.map(() => 'GET'),
  );
  const findings: Finding[] = [];
  const lawful = new Set(
    played.flatMap(({ reading }) => reading.requests.map(({ target }) => originForm(target))),
  );
  for (const [at, path] of clean.entries()) {
    const fields = told.answers[at]?.fields;
    const hit = fields?.get('cache-status')?.includes('hit');
    if (fields?.get('x-target') === path && fields.get('x-host') === 'a.test' && (!hit || lawful.has(path)))
      continue;
    const stream = played.find(({ stream }) => stream.pieces.join('').includes(path))?.stream;
    const got = told.answers[at];
    findings.push({
      stream,
      why: `a clean GET ${path} got ${JSON.stringify(got && [got.status, ...got.fields, got.body])}`,
    });
    break;
  }
  return findings;
}

/** The keys of all that reached the upstream, but for what the clean client asked. */
export const reachedBy = ({ upstream }: Batch): ReadonlySet<string> =>
  new Set(upstream.flatMap(({ requests }) => requests.filter((request) => !isClean(request)).map(keyOf)));

const isClean = (request: ReadRequest): boolean => idsOf(request)[0]?.startsWith('clean-') ?? false;

const idsOf = ({ fields }: ReadRequest): string[] =>
  fields.filter(([name]) => name.toLowerCase() === 'x-request-id').map(([, id]) => id);

/** What the upstream read that no client sent, or could read in another way. */
function wrongUpstream({ upstream, played, clean }: Batch): Finding[] {
  const findings: Finding[] = [];
  const meant = new Map<string, number>();
  const mean = (key: string) => meant.set(key, (meant.get(key) ?? 0) + 1);
  for (const { reading } of played) for (const request of reading.requests) mean(keyOf(request));
  for (const [at, path] of clean.entries()) mean(`clean-${at + 1} ${path}`);
  const streamOf = (text: string): Stream | undefined => {
    const paths = text.match(/\/s[0-9a-f]{8}/g) ?? [];
    return played.find(({ stream }) => paths.some((path) => stream.pieces.join('').includes(path)))?.stream;
  };
  for (const recorded of upstream) {
    const { text, requests, rest, at } = recorded;
    const tell = (of: string, why: string) =>
      findings.push({ stream: streamOf(of), why: `${why}, at the upstream: ${JSON.stringify(of)}` });
    if (rest === 'wrong' || rest === 'unread') tell(text.slice(at), 'not a request');
    for (const request of requests) {
      const [id, ...more] = idsOf(request);
      const key = isClean(request) ? `${id} ${request.target}` : keyOf(request);
      const left = meant.get(key) ?? 0;
      meant.set(key, left - 1);
      const bytes = text.slice(request.start, request.end);
      if (left < 1) tell(bytes, 'nobody sent it');
      if (id === undefined || more.length > 0) tell(bytes, `its ids are ${[id, ...more]}`);
    }
    const why = disagreement(recorded);
    if (why !== undefined) tell(why.text, why.why);
  }
  return findings;
}
