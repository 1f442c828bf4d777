// The page's own globals as they were when this file was loaded: what the SDK does for itself must pass nobody's
// interceptor, ours included.

import type { Early } from "./early";

// A stub has patched fetch before this file was loaded, and knows what was there.
const ours = (globalThis as { __weft?: Early }).__weft?.fetch ?? globalThis.fetch;

/** For requests of the SDK itself. */
export const plainFetch: typeof fetch = async (...args) => ours.apply(globalThis, args);

/** Timers and microtasks of the SDK itself: nobody's cause. */
export const plainTimeout = globalThis.setTimeout.bind(globalThis) as (work: () => void, ms: number) => number;

export const plainMicrotask = queueMicrotask.bind(globalThis);
