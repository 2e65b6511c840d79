const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const RFC_850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/**
 * An HTTP-date in any of its three forms (RFC 9110 §5.6.7), as ms since the epoch; undefined where
 * it is none. `now` (ms since the epoch) decides the century of the two-digit form.
 */
export function parseHttpDate(value: string, now: number): number | undefined {
  let match = IMF_FIXDATE.exec(value);
  if (match) return instant(match[3], match[2], match[1], match[4], match[5], match[6]);
  match = RFC_850.exec(value);
  if (match) {
    const century = Math.floor(new Date(now).getUTCFullYear() / 100) * 100;
    const time = instant(
      String(century + Number(match[3])),
      match[2],
      match[1],
      match[4],
      match[5],
      match[6],
    );
    if (time === undefined || time <= now + FIFTY_YEARS) return time;
    return instant(
      String(century - 100 + Number(match[3])),
      match[2],
      match[1],
      match[4],
      match[5],
      match[6],
    );
  }
  match = ASCTIME.exec(value);
  if (match) return instant(match[6], match[1], match[2], match[3], match[4], match[5]);
  return undefined;
}

/** RFC 9110 §5.6.7: a two-digit year more than 50 years ahead means the past century. */
const FIFTY_YEARS = 50 * 365.25 * 24 * 3600 * 1000;

function instant(
  year: string | undefined,
  monthName: string | undefined,
  day: string | undefined,
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
): number | undefined {
  const month = MONTHS.indexOf(monthName ?? '');
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  if (month < 0 || d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return undefined;
  const time = Date.UTC(Number(year), month, d, h, m, s);
  return new Date(time).getUTCMonth() === month ? time : undefined;
}

/** IMF-fixdate, the one form to generate (RFC 9110 §5.6.7). `time` in ms since the epoch. */
export function formatHttpDate(time: number): string {
  const date = new Date(time);
  const two = (n: number) => (n < 10 ? `0${n}` : String(n));
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]}`;
  const clock = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day} ${String(date.getUTCFullYear()).padStart(4, '0')} ${clock} GMT`;
}
