import { type Parsed, shown } from './parsed.ts';

/** Environment variables; an unset one is undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([^$]*))?$/;

/**
 * Replaces `${VAR}` and `${VAR:-default}`; `$${` stands for a literal `${`. The default takes the place
 * of an unset or empty variable. Substituted text is never looked at again.
 */
export function interpolate(text: string, env: Environment): Parsed<string> {
  let problem: string | undefined;
  const value = text.replace(REFERENCE, (found, inside: string | undefined) => {
    if (found === '$${') return '${';
    const parts = found.endsWith('}') ? VARIABLE.exec(inside ?? '') : null;
    const name = parts?.[1];
    if (name === undefined) {
      problem ??= `${shown(found)} names no variable – write \`\${NAME}\` or \`\${NAME:-default}\`, or \`$\${\` for the text itself`;
      return '';
    }
    const set = Object.hasOwn(env, name) ? env[name] : undefined;
    const fallback = parts?.[2];
    if (set !== undefined && (set !== '' || fallback === undefined)) return set;
    if (fallback === undefined)
      problem ??= `the variable ${name} is not set – set it, or write \`\${${name}:-default}\``;
    return fallback ?? '';
  });
  return problem === undefined ? { value } : { problem };
}
