import { isIP } from 'node:net';

/** Where to listen. */
export interface Address {
  /** Without brackets, also for IPv6. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** `host:port` with the brackets that IPv6 needs. */
export function formatAddress(address: Address): string {
  return `${isIP(address.host) === 6 ? `[${address.host}]` : address.host}:${address.port}`;
}

/** True where only this machine can connect: 127.0.0.0/8 (also as mapped into IPv6), ::1 and localhost. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase();
  return plain === 'localhost' || plain === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(plain);
}
