/** A Markdown table, which a terminal shows aligned: the first `left` columns to the left, figures to the right. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): string {
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((cells) => cells[i]?.length ?? 0)),
  );
  const pad = (text: string, i: number) =>
    i < left ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0);
  const rule = widths.map((width, i) => (i < left ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  const lines = [headings, ...rows].map((cells) => `| ${cells.map(pad).join(' | ')} |`);
  lines.splice(1, 0, `|${rule.join('|')}|`);
  return lines.join('\n');
}
