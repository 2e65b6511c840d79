/** True for an IP address, or the name `localhost`, that only this host can reach. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase();
  if (plain === 'localhost' || plain === '::1') return true;
  return /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(plain);
}

/**
 * True when a Host field names this host itself. A page whose own name was made to resolve to
 * 127.0.0.1 (DNS rebinding) still sends that name.
 */
export function namesLoopback(hostField: string): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(hostField);
  return match !== null && isLoopback(match[1] ?? match[2] ?? '');
}
