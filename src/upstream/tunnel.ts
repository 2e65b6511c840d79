import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { OpenTunnel, TunnelRequest } from '../proxy/ports.ts';

/** How to reach the service; durations in ms. */
export interface TunnelSettings {
  readonly origin: string;
  readonly host: 'preserve' | 'upstream';
  readonly headTimeout: number;
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
    let answered = false;
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.byteLength;
    };
    client.on('error', () => client.destroy());
    client.on('close', () => {
      upstream.destroy();
      told.onClosed(bytes);
    });
    upstream.on('upgrade', (response, socket: Duplex, head) => {
      answered = true;
      told.onAnswer(response.statusCode ?? 101);
      client.write(headBytes(response, false));
      if (head.length > 0) client.write(head);
      if (request.head.length > 0) socket.write(request.head);
      socket.on('data', count);
      join(client, socket);
    });
    upstream.on('response', (response) => {
      answered = true;
      told.onAnswer(response.statusCode ?? 502);
      client.write(headBytes(response, true));
      response.on('data', count);
      response.on('error', () => client.destroy());
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

/** HTTP/2 over cleartext is not offered: such a request goes on as a plain one (RFC 9110 §7.8 lets it). */
function isTunnelled(protocol: string): boolean {
  return !/\bh2c\b/i.test(protocol);
}

function requestOptions(settings: TunnelSettings, origin: URL, request: TunnelRequest): RequestOptions {
  const switching = isTunnelled(request.protocol);
  return {
    host: origin.hostname.replace(/^\[|\]$/g, ''),
    port: origin.port === '' ? (origin.protocol === 'https:' ? 443 : 80) : Number(origin.port),
    method: request.method,
    path: request.target,
    setHost: false,
    agent: false,
    headers: [
      ...['Host', settings.host === 'upstream' ? origin.host : request.authority, ...request.fields],
      ...(switching ? ['Connection', 'Upgrade', 'Upgrade', request.protocol] : ['Connection', 'close']),
    ],
    ...(origin.protocol === 'https:' ? { rejectUnauthorized: settings.verify } : {}),
    ...(settings.ca === undefined ? {} : { ca: settings.ca }),
  };
}

function join(client: Duplex, upstream: Duplex): void {
  // The waits for heads are over: a tunnel may be silent.
  for (const side of [client, upstream])
    if ('setTimeout' in side) (side.setTimeout as (ms: number) => void)(0);
  client.pipe(upstream);
  upstream.pipe(client);
  upstream.on('error', () => client.destroy());
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
}

/** Fields of a plain answer that node has already acted on; its body then ends with the connection. */
const FRAMING = /^(?:connection|transfer-encoding|keep-alive)$/i;

function headBytes(response: IncomingMessage, closing: boolean): string {
  let head = `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n`;
  for (let i = 0; i < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i] as string;
    if (!closing || !FRAMING.test(name)) head += `${name}: ${response.rawHeaders[i + 1]}\r\n`;
  }
  return `${head}${closing ? 'Connection: close\r\n' : ''}\r\n`;
}
