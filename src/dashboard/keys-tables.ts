import type { HotKey, KeyListing, MissedUrl } from '../admin/key-listing.ts';
import { type Column, longText, text } from './column.ts';
import { byId, element, fill } from './element.ts';
import { ago, bytes, count, NONE, span } from './figures.ts';
import { createTable } from './table.ts';

/** What is used most, and what is asked of the upstream most, and why. */
export interface KeysTables {
  /** `now` in ms since the epoch. */
  show(listing: KeyListing, now: number): void;
}

/** `explain` is told the URL of a row by its button. */
export function createKeysTables(explain: (url: string) => void): KeysTables {
  let now = Date.now();
  const hottest = createTable<HotKey>({
    caption: 'Hottest keys in memory',
    key: ({ key, variant }) => `${key} ${variant}`,
    sortedBy: 'uses',
    empty: 'Nothing was used yet.',
    columns: [
      { id: 'url', label: 'URL', wide: true, by: urlOf, write: writeUrl(urlOf) },
      {
        id: 'uses',
        label: 'Uses',
        title: 'An estimate: one use in some is counted',
        numeric: true,
        by: ({ uses }) => uses,
        write: text(({ uses }) => `≈ ${count(uses)}`),
      },
      {
        id: 'route',
        minor: true,
        label: 'Route',
        by: ({ route }) => route,
        write: text(({ route }) => route ?? 'gone from memory'),
      },
      {
        id: 'status',
        minor: true,
        label: 'Status',
        numeric: true,
        by: ({ status }) => status,
        write: text(({ status }) => (status === null ? NONE : String(status))),
      },
      { id: 'age', label: 'Age', numeric: true, by: ({ age }) => age, write: text(({ age }) => span(age)) },
      {
        id: 'ttl',
        label: 'Fresh for',
        numeric: true,
        by: ({ ttl }) => ttl,
        write: text(({ ttl }) => freshness(ttl)),
      },
      {
        id: 'bytes',
        minor: true,
        label: 'Body',
        numeric: true,
        by: (row) => row.bytes,
        write: text((row) => bytes(row.bytes)),
      },
      { id: 'tags', minor: true, label: 'Tags', write: longText(({ tags }) => tags?.join(', ') ?? '') },
      explainColumn(({ url }) => url, explain),
    ],
  });
  const missed = createTable<MissedUrl>({
    caption: 'URLs for which the upstream was asked most',
    key: ({ url, route }) => `${route} ${url}`,
    sortedBy: 'misses',
    empty: 'The upstream was not asked for anything yet.',
    columns: [
      { id: 'url', label: 'URL', wide: true, by: ({ url }) => url, write: writeUrl(({ url }) => url) },
      {
        id: 'misses',
        label: 'Asked',
        title: 'How often the upstream was asked',
        numeric: true,
        by: ({ misses }) => misses,
        write: text(({ misses }) => count(misses)),
      },
      { id: 'why', label: 'Why', wide: true, write: longText(({ why }) => reasons(why)) },
      {
        id: 'route',
        minor: true,
        label: 'Route',
        by: ({ route }) => route,
        write: text(({ route }) => route ?? 'none'),
      },
      { id: 'at', label: 'Last', numeric: true, by: ({ at }) => at, write: text(({ at }) => ago(at, now)) },
      explainColumn(({ url }) => url, explain),
    ],
  });
  byId('hottest-table').append(hottest.element);
  byId('missed-table').append(missed.element);
  return {
    show(listing, at) {
      now = at;
      hottest.show(listing.hottest);
      missed.show(listing.missed);
    },
  };
}

function explainColumn<Row>(
  urlOfRow: (row: Row) => string | null,
  explain: (url: string) => void,
): Column<Row> {
  const urls = new WeakMap<Element, string>();
  return {
    id: 'explain',
    label: 'Explain',
    acts: true,
    write(cell, row) {
      const url = urlOfRow(row);
      if (url === null) return cell.replaceChildren();
      urls.set(cell, url);
      let button = cell.querySelector('button');
      if (button === null) {
        const click = () => explain(urls.get(cell) ?? url);
        button = element('button', { type: 'button', class: 'small', onclick: click }, 'Explain');
        cell.replaceChildren(button);
      }
      button.setAttribute('aria-label', `Explain ${url}`);
    },
  };
}

/** The path first: where a row has little room, the host is what is cut off. */
function writeUrl<Row>(of: (row: Row) => string): Column<Row>['write'] {
  return (cell, row) => {
    const url = of(row);
    if (cell.title === url) return;
    cell.title = url;
    const [, origin = '', target = url] = /^(https?:\/\/[^/]*)(\/.*)$/s.exec(url) ?? [];
    fill(
      cell,
      target,
      origin !== '' && element('span', { class: 'origin' }, ` ${origin.replace(/^http:\/\//, '')}`),
    );
  };
}

function urlOf({ url, key }: HotKey): string {
  return url ?? key;
}

function freshness(ttl: number | null): string {
  if (ttl === null) return NONE;
  return ttl > 0 ? span(ttl) : `stale for ${span(-ttl)}`;
}

/** The commonest first, in the words of Cache-Status. */
function reasons(why: MissedUrl['why']): string {
  return Object.entries(why)
    .toSorted(([, a], [, b]) => b - a)
    .map(([word, n]) => `${word} ${count(n)}`)
    .join(', ');
}
