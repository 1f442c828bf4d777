// Ids of events as OpenTelemetry's API has them.

import { TraceFlags, type SpanContext } from "@opentelemetry/api";
import type { Started } from "../event";
import type { Handle } from "../handle";
import { hex } from "../ids";

/** Trace ids are random where it counts (W3C Trace Context level 2). */
const RANDOM = 2;

// What is not kept has ids that nobody will meet again; but it has some, so that who is asked knows that it is not kept.
const traces = new WeakMap<Started, string>();

const random = (bytes: number): string => hex(crypto.getRandomValues(new Uint8Array(bytes)));

/** Whether it is kept by `sampleRate`. */
export const isKept = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;

export const contextOf = (handle: Handle, started: Started): SpanContext => {
  const ids = handle.ids(started);
  if (ids) return { traceId: ids.slice(0, 32), spanId: ids.slice(32), traceFlags: TraceFlags.SAMPLED | RANDOM };
  const { root } = started;
  const traceId = traces.get(root) ?? random(16);
  traces.set(root, traceId);
  return { traceId, spanId: random(8), traceFlags: RANDOM };
};
