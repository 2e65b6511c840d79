import type { Address } from '../address.ts';
import { parseAddress } from './address.ts';
import { readDocument } from './document.ts';
import type { Environment } from './interpolation.ts';
import { type Flags, override } from './override.ts';

/** Where a sidecar listens. */
export interface Addresses {
  readonly listen: Address;
  /** undefined: off. */
  readonly admin: Address | undefined;
}

const LISTEN = '127.0.0.1:8080';
const ADMIN = '127.0.0.1:9090';

/**
 * The addresses that flags, environment and the text of a file come to, whatever else is wrong with them: who asks a
 * running sidecar how it is must find it, even where its file was spoilt since it was read. Throws an Error where an
 * address itself cannot be read.
 */
export function readAddresses(text: string, flags: Flags, env: Environment): Addresses {
  const { value } = override(readDocument(text, env).value, flags, env);
  const { listen, admin } = value;
  return {
    listen: read(listen, 'listen', LISTEN),
    admin: admin === 'off' ? undefined : read(listenOf(admin), 'admin.listen', ADMIN),
  };
}

function listenOf(section: unknown): unknown {
  return typeof section === 'object' && section !== null && 'listen' in section ? section.listen : undefined;
}

function read(given: unknown, key: string, fallback: string): Address {
  const address = parseAddress(typeof given === 'string' ? given : fallback);
  if ('problem' in address) throw new Error(`${key}: ${address.problem}`);
  return address.value;
}
