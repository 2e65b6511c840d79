/** Statuses by their first digit; anything else counts as `other`. */
export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'other'] as const;

export type StatusClass = (typeof STATUS_CLASSES)[number];

/** Its place in STATUS_CLASSES. */
export function statusClass(status: number): number {
  const index = Math.floor(status / 100) - 1;
  return index >= 0 && index < STATUS_CLASSES.length - 1 ? index : STATUS_CLASSES.length - 1;
}
