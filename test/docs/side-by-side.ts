import type { ServerResponse } from 'node:http';
import type { Tokens } from 'marked';
import type { OriginHandler } from '../fixtures/origin.ts';

/** One request of a table, what the service says to it, and what each cache answers. */
export interface Row {
  readonly request: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: OriginHandler;
  /** The cell of the other cache: a status and X-Cache; undefined where the table has none. */
  readonly other?: string;
  /** A status and members of Cache-Status. */
  readonly cacheside: string;
  readonly why: string;
}

/** The rows of a table that begins with `request`; undefined for another table. */
export function readRows({ header, rows }: Tokens.Table): Row[] | undefined {
  if (header[0]?.text !== 'request') return undefined;
  const hasOther = header.length > 3;
  return rows.map((cells) => {
    const texts = cells.map(({ text }) => text);
    const [request = '', service = ''] = texts;
    const [line = '', ...fields] = codesOf(request);
    const [method = '', path = ''] = line.split(' ');
    const row: Row = {
      request,
      method,
      path,
      headers: Object.fromEntries(fields.map(fieldOf)),
      service: serviceOf(codesOf(service)[0] ?? ''),
      cacheside: codesOf(texts[hasOther ? 3 : 2] ?? '')[0] ?? '',
      why: hasOther ? (texts[4] ?? '') : '',
    };
    return hasOther ? { ...row, other: codesOf(texts[2] ?? '')[0] ?? '' } : row;
  });
}

/** What an answer lacks of a cell such as `200 fwd=uri-miss; stored`. */
export function lacking(cell: string, status: number, cacheStatus: string): string[] {
  const [wanted = '', ...rest] = cell.split(' ');
  const members = rest
    .join(' ')
    .split('; ')
    .filter((member) => member !== '');
  const came = cacheStatus.split('; ').slice(1);
  return [
    ...(String(status) === wanted ? [] : [`status ${wanted}`]),
    ...members.filter((member) => !came.includes(member)),
  ];
}

/** A cell such as `200 Cache-Control: private` as a service. */
function serviceOf(cell: string): OriginHandler {
  const [, status = '200', field = ''] = /^(\d+) ?(.*)$/.exec(cell) ?? [];
  const headers = field === '' ? {} : Object.fromEntries([fieldOf(field)]);
  return (_req, res: ServerResponse) => {
    res.sendDate = false;
    res.writeHead(Number(status), { 'content-length': 2, ...headers }).end('{}');
  };
}

function fieldOf(text: string): [name: string, value: string] {
  const [name = '', ...value] = text.split(': ');
  return [name, value.join(': ')];
}

const codesOf = (cell: string): string[] => [...cell.matchAll(/`([^`]*)`/g)].map(([, code = '']) => code);
