import { METHODS } from 'node:http';
import { suggestion } from '../suggestion.ts';
import { type Parsed, shown } from './parsed.ts';

/** `[METHODS] PATTERN`, taken apart. */
export interface ParsedMatch {
  /** Upper case; empty: every method. */
  readonly methods: readonly string[];
  readonly pattern: string;
  /** Names of the path parameters. */
  readonly params: readonly string[];
}

const METHOD_NAMES = METHODS.filter(
  (method) => method !== 'CONNECT' && method !== 'TRACE' && !method.includes('-'),
);
const PARAM = /^:[A-Za-z_][A-Za-z0-9_]*$/;
const SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()+,;=@*]|%[0-9A-Fa-f]{2}|:)*$/;

/** Reads `GET|HEAD /products/:id`. Methods are joined by `|` or `,`. */
export function parseMatch(text: string): Parsed<ParsedMatch> {
  const words = text.trim().split(/[ \t]+/);
  const [first = '', second] = words;
  if (words.length > 2) {
    return {
      problem: `${shown(text)} has more than methods and a pattern – join methods by \`|\`, as in \`GET|HEAD /products\``,
    };
  }
  const methods = second === undefined ? [] : first.split(/[|,]/);
  for (const method of methods) {
    if (METHOD_NAMES.includes(method)) continue;
    const close = suggestion(method, METHOD_NAMES);
    return {
      problem: `${shown(method)} is not a method that is forwarded – ${close === undefined ? 'write for instance `GET|HEAD`' : `did you mean \`${close}\`?`}`,
    };
  }
  const pattern = second ?? first;
  if (pattern !== '*' && !pattern.startsWith('/')) {
    return {
      problem: `the pattern ${shown(pattern)} does not begin with \`/\` – write \`/products/:id\`, \`/assets/*\`, or \`*\` for every path`,
    };
  }
  const params: string[] = [];
  const segments = pattern === '*' ? [] : pattern.slice(1).split('/');
  for (const [i, segment] of segments.entries()) {
    const problem = segmentProblem(segment, i === segments.length - 1, params);
    if (problem !== undefined) return { problem };
  }
  return { value: { methods: [...new Set(methods)], pattern, params } };
}

function segmentProblem(segment: string, last: boolean, params: string[]): string | undefined {
  if (segment === '' && !last)
    return 'the pattern has an empty segment `//`, which no normalised path has – remove one `/`';
  if (segment === '.' || segment === '..')
    return `the pattern has the segment ${shown(segment)}, which no normalised path has – remove it`;
  if (/[?#]/.test(segment))
    return `the pattern holds ${shown(segment)} – match the query with \`when: {query: …}\``;
  if (!SEGMENT.test(segment))
    return `the segment ${shown(segment)} is not part of a path – patterns are no regular expressions: use \`:param\` and \`*\``;
  if (segment.indexOf('*') !== segment.lastIndexOf('*')) {
    return `the segment ${shown(segment)} has several \`*\` – keep one, so that matching stays fast on every path`;
  }
  if (!segment.includes(':')) return undefined;
  if (!PARAM.test(segment))
    return `the segment ${shown(segment)} mixes a parameter with text – a parameter is a whole segment, as in \`/:id\``;
  const name = segment.slice(1);
  if (params.includes(name)) return `the parameter \`:${name}\` stands twice – give each its own name`;
  params.push(name);
  return undefined;
}

/** A host name without port, in lower case; `*.` before it takes every subdomain. */
export function parseHost(text: string): Parsed<string> {
  const host = text.toLowerCase();
  if (/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/.test(host) || /^\[[0-9a-f:.]+\]$/.test(host)) {
    return { value: host };
  }
  if (/:\d+$/.test(host))
    return { problem: `${shown(text)} has a port – hosts are compared without it: remove it` };
  return { problem: `${shown(text)} is not a host name – write \`api.example.org\` or \`*.example.org\`` };
}
