import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What ends a value in Redis and tells whether the bytes before it are those that were written. */
export interface ValueCheck {
  /** Tells in the value which check it has. */
  readonly mark: number;
  /** Bytes. */
  readonly length: number;
  /** Writes the check of everything before `end` there. */
  write(value: Buffer, end: number): void;
  holds(value: Buffer, end: number): boolean;
}

/** Tells accidents from what was written, not forgeries. */
export const checksum: ValueCheck = {
  mark: 0,
  length: 4,
  write: (value, end) => void value.writeUInt32BE(crc32(value.subarray(0, end)), end),
  holds: (value, end) => crc32(value.subarray(0, end)) === value.readUInt32BE(end),
};

/**
 * HMAC-SHA-256: what was not written by somebody with one of these secrets does not hold. The first writes: another
 * one takes its place beside it, and those before are still read until what they wrote has expired.
 */
export function authenticator(secrets: readonly string[]): ValueCheck {
  // A key of this use alone (RFC 5869), whatever else the secret may serve for.
  const keys = secrets.map((secret) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'cacheside stored value', 32))),
  );
  const [first] = keys;
  if (first === undefined) throw new TypeError('no secret to authenticate with');
  const sign = (key: KeyObject, value: Buffer, end: number) =>
    createHmac('sha256', key).update(value.subarray(0, end)).digest();
  return {
    mark: 1,
    length: 32,
    write: (value, end) => void sign(first, value, end).copy(value, end),
    holds: (value, end) => keys.some((key) => timingSafeEqual(sign(key, value, end), value.subarray(end))),
  };
}
