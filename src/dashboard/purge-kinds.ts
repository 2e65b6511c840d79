/** What a purge may name, and how the form asks for it. */
export const PURGE_KINDS: Readonly<
  Record<string, { readonly label: string; readonly hint: string; readonly placeholder: string }>
> = {
  url: {
    label: 'URL',
    hint: 'One URL with its query, all its variants: a path on every host, or http://host/path on one.',
    placeholder: '/products/1',
  },
  tag: {
    label: 'Tag',
    hint: 'Whatever carries this tag, of the route or of the upstream.',
    placeholder: 'product:1',
  },
  route: { label: 'Route', hint: 'Whatever this route has stored.', placeholder: 'product' },
  prefix: {
    label: 'Path prefix',
    hint: 'Every path, with its query, that begins so.',
    placeholder: '/products',
  },
  glob: {
    label: 'Glob',
    hint: '* stands for anything within a segment, ** for anything; the query counts.',
    placeholder: '/products/*/reviews',
  },
  all: { label: '', hint: 'All that is stored, here, in Redis and at every replica.', placeholder: '' },
};
