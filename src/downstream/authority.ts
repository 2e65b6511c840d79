import { isIPv6 } from 'node:net';

/** Labels and dots; the sub-delims that RFC 3986 §3.2.2 allows besides are in no host's name, and a list to some readers. */
const NAME = /^(?:[A-Za-z0-9_~-]+\.)*[A-Za-z0-9_~-]+\.?(?::(\d{1,5}))?$/;
const LITERAL = /^\[([^\]]+)\](?::(\d{1,5}))?$/;
const LONGEST = 255 + ':65535'.length;

/** Whether this names one host, and a port where it names one (RFC 9110 §7.2). */
export function isAuthority(text: string): boolean {
  if (text.length > LONGEST) return false;
  const literal = LITERAL.exec(text);
  if (literal !== null) return isPort(literal[2]) && isAddress(literal[1] as string);
  const name = NAME.exec(text);
  return name !== null && isPort(name[1]);
}

/** node:net takes a zone, too, which ends at its own host. */
function isAddress(text: string): boolean {
  return isIPv6(text) && !text.includes('%');
}

function isPort(digits: string | undefined): boolean {
  return digits === undefined || Number(digits) <= 65_535;
}
