import { isIPv4, isIPv6 } from 'node:net';
import { isLoopback } from '../address.ts';

/**
 * True when a Host field names this host itself. A page whose own name was made to resolve to
 * 127.0.0.1 (DNS rebinding) still sends that name.
 */
export function namesLoopback(hostField: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(hostField);
  if (match === null) return false;
  const [, bracketed, plain = ''] = match;
  if (bracketed !== undefined) return isIPv6(bracketed) && isLoopback(bracketed);
  return plain.toLowerCase() === 'localhost' || (isIPv4(plain) && isLoopback(plain));
}
