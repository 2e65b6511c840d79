import { isIPv6 } from 'node:net';
import { originOf as canonicalOrigin } from '../policy/origin.ts';
import { parseRequestTarget } from '../policy/request-target.ts';
import { ProblemError } from './problem.ts';

/** A URL as an operator names it, taken apart: `/path?query` or `http(s)://authority/path?query`. */
export interface Target {
  /** undefined for a path alone. */
  readonly scheme: 'http' | 'https' | undefined;
  /** In lower case; undefined for a path alone. */
  readonly authority: string | undefined;
  /** Starts with `/`. */
  readonly path: string;
  /** With its `?`; empty where there is none. */
  readonly query: string;
}

const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[([0-9A-Fa-f:.]+)\])(?::\d{1,5})?$/;

/** A host with an optional port. */
export function isAuthority(value: string): boolean {
  const match = AUTHORITY.exec(value);
  return match !== null && (match[1] === undefined || isIPv6(match[1]));
}

/** Takes a URL or path apart; `name` is the member it stands in. Throws a 400 that says what is wrong. */
export function parseTarget(value: string, name: string): Target {
  if (value.startsWith('/')) return { scheme: undefined, authority: undefined, ...splitQuery(value) };
  const match = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(value);
  if (match === null) throw new ProblemError(400, `"${name}" must begin with / or http(s)://.`);
  const authority = (match[2] ?? '').toLowerCase();
  if (!isAuthority(authority)) throw new ProblemError(400, `"${name}" names no valid host.`);
  const rest = match[3] ?? '';
  const scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  return { scheme, authority, ...splitQuery(rest.startsWith('/') ? rest : `/${rest}`) };
}

function splitQuery(target: string): { path: string; query: string } {
  const question = target.indexOf('?');
  if (question < 0) return { path: target, query: '' };
  return { path: target.slice(0, question), query: target.slice(question) };
}

/** Path and query as a request has them once it is read. Throws a 400 where no request could have this target. */
export function normalised(target: Target, name: string): string {
  const found = parseRequestTarget(target.path + target.query);
  if (found === undefined) throw notATarget(name);
  return found.query === '' ? found.path : `${found.path}?${found.query}`;
}

export function notATarget(name: string): ProblemError {
  return new ProblemError(400, `"${name}" is not a target that a request could have.`);
}

/** `scheme://authority` of an absolute URL, as stored URLs have it; empty for a path alone. */
export function originOf(target: Target): string {
  const { scheme, authority } = target;
  return scheme === undefined || authority === undefined ? '' : canonicalOrigin(scheme, authority);
}
