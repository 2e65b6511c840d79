import { readRedisUrl } from '../redis-url.ts';
import { type Parsed, shown } from './parsed.ts';

/** The URL, or undefined. Messages never repeat one: it may hold a password. */
function read(text: string): URL | undefined {
  try {
    return /\s/.test(text) ? undefined : new URL(text);
  } catch {
    return undefined;
  }
}

/** An http or https origin – scheme, host, port – as its canonical text. */
export function parseUpstreamUrl(text: string): Parsed<string> {
  const url = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text) ? read(text) : undefined;
  if (url === undefined) return { problem: 'not a URL – write `http://127.0.0.1:3000`' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return {
      problem: `the scheme ${shown(url.protocol.slice(0, -1))} can't be forwarded to – use http or https`,
    };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      problem:
        'a user or password in the upstream URL is not sent anywhere – remove it; clients send their own Authorization',
    };
  }
  if (url.search !== '' || url.hash !== '' || text.includes('?') || text.includes('#')) {
    return { problem: 'the upstream URL has a query or fragment – keep scheme, host and port alone' };
  }
  if (url.pathname !== '/') {
    return {
      problem: `the upstream URL has the path ${shown(url.pathname)} – paths pass through unchanged, so keep \`${url.origin}\` alone`,
    };
  }
  if (url.port === '0') return { problem: "port 0 cannot be connected to – write the upstream's port" };
  return { value: url.origin };
}

/** The URL of Redis as it was written, where `readRedisUrl` understands it. */
export function parseRedisUrl(text: string): Parsed<string> {
  const read = readRedisUrl(text);
  return 'problem' in read ? read : { value: text };
}
