// Times as OpenTelemetry's API takes them: monotonic ms of the page, ms since 1970, dates, and pairs of seconds and
// nanoseconds since 1970.

import type { TimeInput } from "@opentelemetry/api";
import { monotonicNow, now, wallNow } from "../clock";
import type { Started } from "../event";

/** Monotonic ms, within the life of the page until now. Undefined: nothing was given, or no time. */
export const monotonicOf = (given: TimeInput | undefined): number | undefined => {
  if (given === undefined || given === null) return undefined;
  const time = inMs(given);
  if (!Number.isFinite(time)) return undefined;
  const [monotonic, wall] = [monotonicNow(), wallNow()];
  // What is less than the time when the page began can only have been counted from there.
  const isMonotonic = typeof given === "number" && time < wall - monotonic;
  return Math.min(Math.max(isMonotonic ? time : monotonic - (wall - time), 0), monotonic);
};

/**
 * From the start of an event until then, or now: monotonic ms; and for how many more the device slept, which nobody knows of
 * a time that was given.
 */
export const sinceStart = ({ moment }: Started, until?: number): { ms: number; slept?: number | undefined } => {
  if (until !== undefined) return { ms: Math.max(0, until - moment.monotonic) };
  const { wall, monotonic, epoch } = now();
  const ms = Math.max(0, monotonic - moment.monotonic);
  const slept = Math.round(wall - moment.wall - ms);
  return { ms, slept: epoch !== moment.epoch && slept > 0 ? slept : undefined };
};

const inMs = (given: TimeInput): number => {
  if (Array.isArray(given)) return given[0] * 1e3 + given[1] / 1e6;
  return Number(given);
};
