import sax, { type Tag } from 'sax';
import { namedTarget } from './named-target.ts';
import { barely, type TrafficRequest } from './traffic-request.ts';

/** What a piece of a sitemap names. */
export interface SitemapPiece {
  readonly requests: readonly TrafficRequest[];
  /** Of an index: the URLs of other sitemaps. */
  readonly sitemaps: readonly string[];
  readonly unreadable: readonly { readonly line: number; readonly text: string; readonly why: string }[];
}

export interface SitemapReader {
  read(text: string): SitemapPiece;
  /** What is still open then is a mistake of the document. */
  end(): SitemapPiece;
}

/**
 * Reads a sitemap or an index of them (sitemaps.org) piece by piece. Nothing is fetched, and entities of a document's own
 * are not made; at the first mistake of XML reading ends.
 */
export function createSitemapReader(): SitemapReader {
  const xml = sax.parser(true);
  const requests: TrafficRequest[] = [];
  const sitemaps: string[] = [];
  const unreadable: { line: number; text: string; why: string }[] = [];
  const open: string[] = [];
  let location = '';
  let isBroken = false;

  const fail = (why: string, text = '') => {
    unreadable.push({ line: xml.line + 1, text, why });
  };
  const stop = (why: string) => {
    if (!isBroken) fail(why);
    isBroken = true;
  };
  const onText = (text: string) => {
    if (open.at(-1) === 'loc') location += text;
  };
  const onOpen = ({ name }: Pick<Tag, 'name'>) => {
    if (open.length === 0 && name !== 'urlset' && name !== 'sitemapindex')
      stop(`no sitemap: its root is \`${name}\`, not \`urlset\` or \`sitemapindex\``);
    open.push(name);
    if (name === 'loc') location = '';
  };
  const onClose = (name: string) => {
    open.pop();
    if (name !== 'loc' || isBroken) return;
    const url = location.trim();
    if (open.at(-1) === 'sitemap') {
      sitemaps.push(url);
      return;
    }
    const named = namedTarget(url);
    if (named?.authority === undefined) fail('`loc` is no URL of http or https', url);
    else requests.push(barely({ method: 'GET', ...named }));
  };
  const onError = ({ message }: Error) => {
    stop(`the document is not well-formed: ${message.split('\n', 1)[0]} – what stands behind is not read`);
  };
  xml.ontext = onText;
  xml.oncdata = onText;
  xml.onopentag = onOpen;
  xml.onclosetag = onClose;
  xml.onerror = onError;

  const given = (): SitemapPiece => ({
    requests: requests.splice(0),
    sitemaps: sitemaps.splice(0),
    unreadable: unreadable.splice(0),
  });
  const drive = (step: () => void): SitemapPiece => {
    try {
      if (!isBroken) step();
    } catch (error) {
      // It throws again what `onerror` was told.
      stop(error instanceof Error ? error.message : String(error));
    }
    return given();
  };
  return {
    read: (text) => drive(() => void xml.write(text)),
    end: () => drive(() => void xml.close()),
  };
}
