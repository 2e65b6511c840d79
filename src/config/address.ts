import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Address } from '../address.ts';
import { type Parsed, shown } from './parsed.ts';

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** `::` takes IPv4 too, but can't be bound where IPv6 is switched off, as in many containers. */
function everyInterface(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.some((address) => address?.family === 'IPv6') ? '::' : '0.0.0.0';
}

/** Reads `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080` and `:8080`, which is every interface. */
export function parseAddress(text: string): Parsed<Address> {
  if (/^\d+$/.test(text)) {
    return {
      problem: `${shown(text)} is a port alone – write \`127.0.0.1:${text}\`, or \`:${text}\` for every interface`,
    };
  }
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null) {
    return {
      problem: `${shown(text)} is not an address – write \`127.0.0.1:8080\`, \`[::1]:8080\` or \`:8080\``,
    };
  }
  if (port > 65_535)
    return { problem: `port ${port} does not exist – choose one up to 65535, or 0 for any free one` };
  const [, bracketed, bare] = parts;
  if (bracketed !== undefined) {
    if (isIP(bracketed) === 6) return { value: { host: bracketed, port } };
    return { problem: `${shown(bracketed)} is not an IPv6 address – write one as in \`[::1]:8080\`` };
  }
  if (bare === undefined || bare === '') return { value: { host: everyInterface(), port } };
  const numeric = /^[\d.]+$/.test(bare);
  if (numeric ? isIP(bare) === 4 : HOST_NAME.test(bare)) return { value: { host: bare.toLowerCase(), port } };
  return { problem: `${shown(bare)} is neither a host name nor an IP address – write \`127.0.0.1:${port}\`` };
}
