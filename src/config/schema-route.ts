import { z } from 'zod';
import { parseHost, parseMatch } from './route-match.ts';
import { parseRouteName } from './route-name.ts';
import { list, scalar, section, text, yesNo } from './scalar.ts';
import { routeSettings } from './schema-route-settings.ts';
import { setting } from './setting.ts';

const condition = z.union([yesNo, text, list(text)], {
  error: 'expected a value, a list of values, true (present) or false (absent) – put numbers in quotes',
});

const hosts = scalar(parseHost, { examples: ['api.example.org', '*.example.org'] });

export const routeSchema = section({
  name: setting(
    scalar(parseRouteName, { examples: ['product'] }),
    'Unique; appears in logs, metrics, purges and stats. Without it, made from `match`.',
  ),
  match: scalar(parseMatch, { examples: ['GET|HEAD /products/:id', '/assets/*', '*'] }).meta({
    description:
      '`[METHODS] PATTERN`: methods joined by `|`, every method where none is named; `:param` takes one path segment, a last segment `*` any rest, `*` elsewhere a part of its segment; `*` alone takes every path.',
  }),
  when: setting(
    section({
      host: setting(
        z.union([hosts, list(hosts)], {
          error: 'expected a host name or a list of them – write `api.example.org`',
        }),
        'Host names without port; `*.example.org` takes every subdomain.',
      ),
      query: setting(
        z.record(z.string(), condition, { error: 'expected names and values – write `{name: value}`' }),
        'Parameters with one of these values; `true`: present, `false`: absent.',
      ),
      headers: setting(
        z.record(z.string(), condition, { error: 'expected names and values – write `{name: value}`' }),
        'Request fields with one of these values; `true`: present, `false`: absent.',
      ),
    }),
    'Further conditions, all of which must hold.',
  ),
  ...routeSettings,
});

export const defaultsSchema = section(routeSettings);

/** The settings of a route or of `defaults`, decoded. */
export type RouteSettings = z.output<typeof defaultsSchema>;
export type RouteInput = z.output<typeof routeSchema>;
