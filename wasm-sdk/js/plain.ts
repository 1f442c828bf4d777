// The page's own globals as they were when this file was loaded: what the SDK does for itself must pass nobody's
// interceptor, ours included.

import type { Early } from "./early";

// A stub has patched fetch before this file was loaded, and knows what was there.
const early = (globalThis as { __weft?: Early }).__weft;
const ours: typeof fetch | undefined = early?.fetch ?? globalThis.fetch;

/** For requests of the SDK itself. */
export const plainFetch: typeof fetch = (...args) =>
  ours ? ours.apply(globalThis, args) : Promise.reject(new TypeError("weft: no fetch here"));

/** Timers and microtasks of the SDK itself: nobody's cause. */
export const plainTimeout = (work: () => void, ms: number): number => timeout(work, ms);
const timeout = globalThis.setTimeout.bind(globalThis) as (work: () => void, ms: number) => number;

export const plainMicrotask: (work: () => void) => void =
  typeof queueMicrotask === "function" ? queueMicrotask.bind(globalThis) : (work) => void Promise.resolve().then(work);
