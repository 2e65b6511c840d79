import { IncomingMessage } from 'node:http';

const SWITCHES = Symbol('switches');

/**
 * A request that node takes for a switch of protocols only where it may become a tunnel. HTTP/2 over
 * cleartext is not offered, and some clients ask for it with every request: those are plain ones
 * (RFC 9110 §7.8 lets a server go on). node asks the message itself; before version 24 there is no
 * other place to tell it.
 */
export class ReceivedRequest extends IncomingMessage {
  declare [SWITCHES]: boolean;

  get upgrade(): boolean {
    return this[SWITCHES] && !/(?:^|[\s,])h2c(?:$|[\s,])/i.test(this.headers.upgrade ?? '');
  }

  set upgrade(value: boolean | null) {
    this[SWITCHES] = value === true;
  }
}
