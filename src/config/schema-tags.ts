import { fieldNames } from './field.ts';
import { ROUTE_DEFAULTS as D } from './route-default.ts';
import { list, scalar, section, yesNo } from './scalar.ts';
import { setting } from './setting.ts';
import { parseTag } from './tag-template.ts';

const tags = list(
  scalar(parseTag, { examples: ['product-{id}', 'category-{query.category}', '{response.x-tag}'] }),
);

/** What stored responses are tagged with, and what is invalidated by tag. */
export const tagSettings = {
  tags: setting(
    tags,
    'Tags of what is stored here: text with `{param}`, `{query.name}`, `{response.field}`. A tag with an empty variable is left out.',
    D.tags,
  ),
  'surrogate-tags': setting(
    section({
      fields: setting(
        fieldNames,
        'Response fields of the upstream whose members, separated by spaces or commas, are tags; case counts. A response with more than 1,000 of them, or one longer than 1,024 characters, is not stored.',
        D['surrogate-tags'].fields,
      ),
      forward: setting(yesNo, 'Whether clients see these fields.', D['surrogate-tags'].forward),
    }),
    'Tags that the upstream gives.',
  ),
  purge: setting(
    tags,
    'Tags that an unsafe method on this route invalidates once the upstream answered 2xx or 3xx; without an answer they turn stale.',
    D.purge,
  ),
};
