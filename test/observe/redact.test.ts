import t from 'tap';
import { redactTarget } from '../../src/observe/redact.ts';

const rows: readonly { id: string; given: string; expect: string }[] = [
  { id: 'no query', given: '/products/1', expect: '/products/1' },
  { id: 'harmless', given: '/p?category=a&limit=2', expect: '/p?category=a&limit=2' },
  { id: 'token', given: '/p?token=abc&limit=2', expect: '/p?token=[redacted]&limit=2' },
  {
    id: 'compound',
    given: '/p?access_token=a&X-Amz-Signature=b',
    expect: '/p?access_token=[redacted]&X-Amz-Signature=[redacted]',
  },
  { id: 'camel case', given: '/p?apiKey=a&userKey=b', expect: '/p?apiKey=[redacted]&userKey=[redacted]' },
  { id: 'one letter', given: '/p?PASSWORD=a', expect: '/p?PASSWORD=[redacted]' },
  { id: 'percent-encoded name', given: '/p?%74oken=abc', expect: '/p?%74oken=[redacted]' },
  { id: 'semicolon separates too', given: '/p?a=1;secret=x', expect: '/p?a=1;secret=[redacted]' },
  { id: 'equals inside the value', given: '/p?auth=a=b==&c=d', expect: '/p?auth=[redacted]&c=d' },
  {
    id: 'words that only contain one',
    given: '/p?keyword=shoes&author=me&design=x',
    expect: '/p?keyword=shoes&author=me&design=x',
  },
  { id: 'empty value', given: '/p?token=', expect: '/p?token=' },
  { id: 'second question mark', given: '/p?q=what?&key=1', expect: '/p?q=what?&key=[redacted]' },
  { id: 'user information', given: 'http://u:p@h/x', expect: 'http://[redacted]@h/x' },
  { id: 'C1 control characters', given: '/p\x9b31m?a=\x7f', expect: '/p%9B31m?a=%7F' },
  { id: 'broken triplet', given: '/p?%zztoken=abc', expect: '/p?%zztoken=[redacted]' },
];

for (const { id, given, expect } of rows) t.equal(redactTarget(given), expect, id);

const TELLING =
  'token secret passwd passphrase signature credential apikey api_key api-key jwt session oauth key auth authorization sig pass pwd sid otp bearer hmac';
for (const name of TELLING.split(' ').flatMap((name) => [name, name.toUpperCase()]))
  t.equal(redactTarget(`/p?${name}=abc`), `/p?${name}=[redacted]`, name);
