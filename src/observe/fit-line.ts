/** A text is not cut below this many characters: what is left still tells what it was. */
const SHORTEST = 64;

/**
 * A log line of at most `limit` bytes: the longest texts of a JSON object are cut, which `"cut":true` tells;
 * any other line ends early.
 */
export function fitLine(line: string, limit: number): string {
  // No character is more than three bytes for each of its UTF-16 units.
  if (line.length * 3 <= limit || Buffer.byteLength(line) <= limit) return line;
  let bound = limit;
  while (bound > SHORTEST) {
    bound = Math.floor(bound / 2);
    const fitted = cutTexts(line, bound);
    if (fitted === undefined) break;
    if (Buffer.byteLength(fitted) <= limit) return fitted;
  }
  // Half a character at the end becomes U+FFFD, which is one byte longer than what it stands for at most.
  return `${Buffer.from(line)
    .subarray(0, limit - 8)
    .toString()}…\n`;
}

function cutTexts(line: string, bound: number): string | undefined {
  try {
    const cut = (_name: string, value: unknown): unknown =>
      typeof value === 'string' && value.length > bound ? `${value.slice(0, bound)}…` : value;
    const shortened: unknown = JSON.parse(line, cut);
    return typeof shortened === 'object' && shortened !== null
      ? `${JSON.stringify({ ...shortened, cut: true })}\n`
      : undefined;
  } catch {
    return undefined;
  }
}
