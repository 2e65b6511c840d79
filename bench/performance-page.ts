import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const FROM = '<!-- bench: written by npm run bench -- --update-docs -->';
const TO = '<!-- /bench -->';

/** Replaces what stands between the markers of docs/performance.md. @throws Error where they are gone */
export function updatePerformancePage(content: string): void {
  const text = readFileSync(PAGE, 'utf8');
  const start = text.indexOf(FROM);
  const end = text.indexOf(TO, start);
  if (start < 0 || end < 0) throw new Error(`${PAGE} has lost its markers: ${FROM} … ${TO}`);
  writeFileSync(PAGE, `${text.slice(0, start + FROM.length)}\n\n${content}\n\n${text.slice(end)}`);
}
