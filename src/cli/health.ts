import { get } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Address, formatAddress } from '../address.ts';
import type { Addresses } from '../config/addresses.ts';

/** ms; an event loop that turns has answered by then. */
const WITHIN = 2_000;

/**
 * One line on a sidecar that is well; throws an Error that says what is wrong with any other. With the admin port off the
 * port for clients tells: a connection that ends without a request is ended there, too, and neither logged nor counted.
 */
export async function health({ listen, admin }: Addresses, ready: boolean): Promise<string> {
  if (admin === undefined) {
    if (ready)
      throw new Error('with the admin port off nothing tells whether it is ready – leave --ready out');
    const where = reachable(listen);
    await endConnection(where).catch(unanswered(formatAddress(where)));
    return JSON.stringify({ status: 'ok', admin: 'off' });
  }
  const url = `http://${formatAddress(reachable(admin))}${ready ? '/readyz' : '/healthz'}`;
  const { status, body } = await ask(url).catch(unanswered(url));
  if (status !== 200) throw new Error(`${url} answers ${status}: ${body}`);
  return body;
}

/** Every interface is no address to connect to. */
function reachable({ host, port }: Address): Address {
  if (port === 0) throw new Error('port 0 is another one at each start – choose a port');
  return { host: host === '::' ? '::1' : host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

function ask(url: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, signal: AbortSignal.timeout(WITHIN) }, (response) => {
      const status = response.statusCode ?? 0;
      text(response).then((body) => resolve({ status, body: body.trim() }), reject);
    });
    request.on('error', reject);
  });
}

function endConnection({ host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal: AbortSignal.timeout(WITHIN) });
    // The kernel takes connections for a process that hangs; only the process itself ends one.
    socket.on('error', reject).on('end', resolve).resume().end();
  });
}

function unanswered(where: string): (error: unknown) => never {
  return (error) => {
    const { code = '', name, message } = error as NodeJS.ErrnoException;
    const late = name === 'AbortError' || name === 'TimeoutError';
    throw new Error(`${where} does not answer: ${late ? `not within ${WITHIN} ms` : code || message}`);
  };
}
