/**
 * Whether `.dockerignore` lets a path of the repository, with `/`, into the build: the last pattern that matches it or a folder
 * around it counts. Knows `*` within a segment, `**`, and `!`.
 */
export function isInContext(ignore: string, path: string): boolean {
  const folders = path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'));
  let isIn = true;
  for (const line of ignore.split('\n')) {
    const pattern = line.trim();
    if (pattern === '' || pattern.startsWith('#')) continue;
    const isExcepted = pattern.startsWith('!');
    const matches = matcher(pattern.replace(/^!/, '').replace(/^\/|\/$/g, ''));
    if (folders.some((folder) => matches.test(folder))) isIn = isExcepted;
  }
  return isIn;
}

/** A pattern of `.dockerignore` or COPY over whole paths. */
export function matcher(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*\/?|\*)/)
    .map((part) => {
      if (part === '*') return '[^/]*';
      return part.startsWith('**') ? '(?:.*/)?' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}
