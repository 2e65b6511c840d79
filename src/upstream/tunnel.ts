import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FieldLines, fieldValue } from '../policy/fields.ts';
import type { OpenTunnel, TunnelRequest } from '../proxy/ports.ts';

/** How to reach the service; durations in ms. */
export interface TunnelSettings {
  readonly origin: string;
  readonly host: 'preserve' | 'upstream';
  readonly headTimeout: number;
  readonly idleTimeout: number;
  readonly ca: string | undefined;
  readonly verify: boolean;
}

/** Tunnels to the service, each over a connection of its own. Either side's end ends the other. */
export function createTunnels(settings: TunnelSettings): OpenTunnel {
  const origin = new URL(settings.origin);
  const send = origin.protocol === 'https:' ? httpsRequest : httpRequest;
  return (request, told) => {
    const { client } = request;
    const upstream = send(requestOptions(settings, origin, request));
    // Or node drops what comes behind the first thousand or two.
    upstream.maxHeadersCount = 0;
    let answered = false;
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.byteLength;
    };
    client.on('error', () => client.destroy());
    client.on('finish', () => awaitEnd(client));
    client.on('close', () => {
      upstream.destroy();
      told.onClosed(bytes);
    });
    upstream.on('upgrade', (response, socket: Duplex, head) => {
      if (!isPassable(response)) {
        socket.destroy();
        return fail(502);
      }
      answered = true;
      const fields = told.onAnswer(response.statusCode ?? 101, response.rawHeaders);
      client.write(headBytes(response, fields, false), 'latin1');
      if (head.length > 0) client.write(head);
      if (request.head.length > 0) socket.write(request.head);
      socket.on('data', count);
      join(client, socket, settings.idleTimeout);
    });
    upstream.on('response', (response) => {
      if (!isPassable(response)) return fail(502);
      answered = true;
      const fields = told.onAnswer(response.statusCode ?? 502, response.rawHeaders);
      client.write(headBytes(response, fields, true), 'latin1');
      response.on('data', count);
      response.on('error', () => client.destroy());
      boundSilence(response, client, settings.idleTimeout);
      response.pipe(client);
    });
    const fail = (status: number) => {
      if (answered) client.destroy();
      else told.onRefused(status);
      answered = true;
      upstream.destroy();
    };
    const patience = setTimeout(() => {
      if (!answered) fail(504);
    }, settings.headTimeout);
    upstream.on('close', () => clearTimeout(patience));
    upstream.on('error', () => fail(502));
    upstream.end();
  };
}

/** Bytes of an answer's head. */
const MAX_HEAD = 64 * 1024;

/**
 * Whether the answer is HTTP/1 and ends where node takes it to end: it knows no transfer coding but `chunked`, and
 * hands on what is coded otherwise (RFC 9112 §6.1).
 */
function isPassable({ httpVersion, statusCode = 0, rawHeaders }: IncomingMessage): boolean {
  const coding = fieldValue(rawHeaders, 'transfer-encoding');
  if (statusCode < 101 || (httpVersion !== '1.1' && httpVersion !== '1.0')) return false;
  return coding === undefined || (coding.toLowerCase() === 'chunked' && httpVersion === '1.1');
}

/** An answer that falls silent for so long ends the connection, unless it is its client that holds it back; ms. */
function boundSilence(response: IncomingMessage, client: Duplex, ms: number): void {
  const patience = setTimeout(() => {
    if (client.writableNeedDrain) patience.refresh();
    else client.destroy();
  }, ms);
  response.on('data', () => patience.refresh());
  response.on('close', () => clearTimeout(patience));
}

function requestOptions(settings: TunnelSettings, origin: URL, request: TunnelRequest): RequestOptions {
  return {
    host: origin.hostname.replace(/^\[|\]$/g, ''),
    port: origin.port === '' ? (origin.protocol === 'https:' ? 443 : 80) : Number(origin.port),
    method: request.method,
    path: request.target,
    setHost: false,
    agent: false,
    maxHeaderSize: MAX_HEAD,
    headers: [
      ...['Host', settings.host === 'upstream' ? origin.host : request.authority, ...request.fields],
      ...['Connection', 'Upgrade', 'Upgrade', request.protocol],
    ],
    ...(origin.protocol === 'https:' ? { rejectUnauthorized: settings.verify } : {}),
    ...(settings.ca === undefined ? {} : { ca: settings.ca }),
  };
}

/** How long a client may take, once all is sent to it, to end its side as well; ms. */
const LINGER = 1_000;
/** How long it may take to read the rest once the upstream is gone; ms without any progress. */
const STALL = 60_000;

function awaitEnd(client: Duplex): void {
  const patience = setTimeout(() => client.destroy(), LINGER);
  client.on('close', () => clearTimeout(patience));
  client.resume();
}

/** `halfOpen`: how long it may be silent once the client has ended its side; ms. */
function join(client: Duplex, upstream: Duplex, halfOpen: number): void {
  // The waits for heads are over: a tunnel may be silent.
  for (const side of [client, upstream]) setIdle(side, 0);
  // An upstream that never ends its own would keep it, and its turn, for ever.
  const boundRest = (): void => setIdle(client, halfOpen);
  if (client.readableEnded) boundRest();
  else client.on('end', boundRest);
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.on('error', () => client.destroy());
  upstream.on('close', () => setIdle(client, STALL));
  client.on('close', () => upstream.destroy());
}

/** `ms` 0: may be silent for ever. */
function setIdle(side: Duplex, ms: number): void {
  if (side instanceof Socket) side.setTimeout(ms, () => side.destroy());
}

const PRINTABLE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Fields of a plain answer that node has already acted on; its body then ends with the connection. */
const FRAMING = /^(?:connection|transfer-encoding|keep-alive)$/i;

function headBytes(
  { statusCode, statusMessage = '' }: IncomingMessage,
  fields: FieldLines,
  closing: boolean,
): string {
  let head = `HTTP/1.1 ${statusCode} ${PRINTABLE.test(statusMessage) ? statusMessage : ''}\r\n`;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!closing || !FRAMING.test(name)) head += `${name}: ${fields[i + 1]}\r\n`;
  }
  return `${head}${closing ? 'Connection: close\r\n' : ''}\r\n`;
}
