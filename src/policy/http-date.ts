const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const IMF_FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/i;
const RFC_850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/i;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([a-z]{3}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/i;

/** RFC 9110 §5.6.7: a two-digit year more than 50 years ahead means the past century. */
const FIFTY_YEARS = 50 * 365.25 * 24 * 3600 * 1000;

/** The IMF-fixdate that was read last: that form alone means the same whatever `now` is. */
let latest: { readonly text: string; readonly time: number | undefined } = { text: '', time: undefined };

/**
 * An HTTP-date in any of its three forms (RFC 9110 §5.6.7), in any case (RFC 9111 §4.2), as ms since the
 * epoch; undefined where it is none: another zone, a digit too few, two dates on one line. `now` (ms since
 * the epoch) decides the century of the two-digit form.
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  // Every response of one second has one Date, and it is asked for again and again.
  if (value === latest.text) return latest.time;
  const [, day, month, year, time] = IMF_FIXDATE.exec(value) ?? [];
  if (day !== undefined) {
    latest = { text: value, time: instant(Number(year), month, day, time) };
    return latest.time;
  }
  const [, oldDay, oldMonth, twoDigits, oldTime] = RFC_850.exec(value) ?? [];
  if (oldDay !== undefined) {
    const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100;
    const ahead = instant(century + Number(twoDigits), oldMonth, oldDay, oldTime);
    if (ahead === undefined || ahead <= now + FIFTY_YEARS) return ahead;
    return instant(century - 100 + Number(twoDigits), oldMonth, oldDay, oldTime);
  }
  const [, cMonth, cDay, cTime, cYear] = ASCTIME.exec(value) ?? [];
  return cDay === undefined ? undefined : instant(Number(cYear), cMonth, cDay, cTime);
}

function instant(
  year: number,
  monthName: string | undefined,
  day: string,
  time: string | undefined,
): number | undefined {
  const month = MONTHS.findIndex((name) => name.toLowerCase() === monthName?.toLowerCase());
  const [h = 24, m = 60, s = 61] = time?.split(':').map(Number) ?? [];
  if (month < 0 || h > 23 || m > 59 || s > 60) return undefined;
  // A leap second counts as the second before it, lest it be in another month.
  const date = new Date(Date.UTC(2000, 0, 1, h, m, Math.min(s, 59)));
  date.setUTCFullYear(year, month, Number(day));
  return date.getUTCMonth() === month ? date.getTime() : undefined;
}

/** IMF-fixdate, the one form to generate (RFC 9110 §5.6.7). `time` in ms since the epoch. */
export function formatHttpDate(time: number): string {
  const date = new Date(time);
  const two = (n: number) => (n < 10 ? `0${n}` : String(n));
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day} ${String(date.getUTCFullYear()).padStart(4, '0')} ${clock} GMT`;
}
