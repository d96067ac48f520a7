/** What reading a time gives: epoch seconds, or what is wrong with the text. */
export type ParsedTime =
  | { readonly ok: true; readonly seconds: number }
  | { readonly ok: false; readonly problem: string };

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** Reads an RFC 3339 time. The server counts whole seconds, so a fraction would be lost: it is refused. */
export function parseTime(text: string): ParsedTime {
  const match = rfc3339.exec(text);
  if (match === null) {
    return problem("is not an RFC 3339 time with an offset; write one such as 2027-01-31T00:00:00Z");
  }
  const ms = Date.parse(text.toUpperCase());
  if (Number.isNaN(ms) || !datesExist(text)) {
    return problem("names a day or an hour that does not exist");
  }
  if (ms % 1000 !== 0) {
    return problem("has a fraction of a second; keys end at whole seconds");
  }
  return ms > 0 ? { ok: true, seconds: ms / 1000 } : problem("is before 1970");
}

/** Writes epoch seconds as an RFC 3339 time in UTC. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** JavaScript takes 30 February for 2 March. */
function datesExist(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function problem(text: string): ParsedTime {
  return { ok: false, problem: text };
}

const unitSeconds = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 } as const;

/** The longest length of time that is taken, in seconds: a hundred years of 365 days. */
const durationSecondsMax = 3_153_600_000;

/** What reading a length of time gives: seconds, or what is wrong with the text. */
export type ParsedDuration = ParsedTime;

/** Reads a length of time: whole numbers with units from large to small, such as `90d`, `720h` or `1h30m`. */
export function parseDuration(text: string): ParsedDuration {
  const match = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null || text === "") {
    return problem("is not a length of time; write one such as 90d, 720h or 1h30m");
  }
  const [, ...counts] = match;
  const units = Object.values(unitSeconds);
  const seconds = counts.reduce((sum, count, place) => sum + Number(count ?? 0) * (units[place] ?? 0), 0);
  return seconds <= durationSecondsMax
    ? { ok: true, seconds }
    : problem("is longer than a hundred years; was another unit meant?");
}
