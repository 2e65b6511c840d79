import { createHash } from 'node:crypto';

const TRACE = createHash('sha256');

/**
 * Ten fields as a browser's request carries them when it arrives at a sidecar in a mesh. `traceparent`
 * and `x-request-id` are different for each index.
 */
export function meshFields(index: number): readonly string[] {
  const id = TRACE.copy().update(String(index)).digest('hex');
  return [
    'accept: application/json, text/plain, */*',
    'accept-encoding: gzip, deflate, br, zstd',
    'accept-language: en-GB,en;q=0.9,de;q=0.8',
    'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    'referer: https://shop.example/catalogue?page=3',
    'sec-fetch-mode: cors',
    'x-forwarded-for: 203.0.113.24',
    'x-forwarded-proto: https',
    `x-request-id: ${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20, 32)}`,
    `traceparent: 00-${id.slice(32)}-${id.slice(0, 16)}-01`,
  ];
}
