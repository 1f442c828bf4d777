// Numbers and times as people read them, always with their unit.

const UNITS: [number, string][] = [
  [7 * 86_400_000, "week"],
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
];

/** A stretch of time: two units at most. */
export const lasting = (ms: number): string => {
  if (ms < 1_000) return `${ms < 10 && ms > 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const at = UNITS.findIndex(([unit]) => ms >= unit);
  const smallest = UNITS[at + 1]?.[0] ?? 1_000;
  const rounded = Math.round(ms / smallest) * smallest;
  // Sixty minutes are an hour.
  const larger = UNITS.findIndex(([unit]) => rounded >= unit);
  const [unit, name] = UNITS[larger] ?? [60_000, "minute"];
  const whole = Math.floor(rounded / unit);
  const next = UNITS[larger + 1];
  const rest = next ? Math.floor((rounded - whole * unit) / next[0]) : 0;
  return counted(whole, name) + (next && rest > 0 ? ` ${counted(rest, next[1])}` : "");
};

/** A count and what is counted. */
export const counted = (count: number, name: string, many = `${name}s`): string =>
  `${number(count)} ${count === 1 ? name : many}`;

export const number = (value: number): string => value.toLocaleString("en");

/** Bytes, by thousands. */
export const bytes = (value: number): string => {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  for (; value >= 1_000 && at < units.length - 1; at++) value /= 1_000;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
};

const pad = (value: number, digits = 2): string => String(value).padStart(digits, "0");

/** A moment, in UTC, as backends show it. */
export const moment = (ms: number): string => {
  const at = new Date(ms);
  return `${day(ms)} ${clock(ms)}.${pad(at.getUTCMilliseconds(), 3)} UTC`;
};

export const day = (ms: number): string => {
  const at = new Date(ms);
  return `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`;
};

export const clock = (ms: number): string => {
  const at = new Date(ms);
  return `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`;
};

/** How long ago. */
export const ago = (ms: number, now: number): string => {
  const passed = now - ms;
  if (passed < -1_000) return `in ${lasting(-passed)}`;
  return passed < 1_000 ? "now" : `${lasting(passed)} ago`;
};

export const short = (id: string): string => (id.length > 12 ? `${id.slice(0, 8)}…` : id);
