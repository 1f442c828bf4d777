// When to seal and send: a while after something was recorded, when much waits, and whenever the page may be
// about to go away. A timer exists only while something is unsent.
//
// `visibilitychange` to hidden is the last event that is certain on mobile; `pagehide` is the last on desktop;
// `freeze` comes between. Never `unload`: it keeps pages out of the back/forward cache
// (https://developer.chrome.com/docs/web-platform/deprecating-unload).

import { guarded } from "./guard";
import { seal, send } from "./send";

/** ms from the first unsent event to the request that carries it. */
const INTERVAL = 5_000;

/** Events that are not kept waiting for more. */
const ENOUGH = 200;

let waits = 0;
let ready = false;
let timer: ReturnType<typeof setTimeout> | undefined;

const isHidden = (): boolean => document.visibilityState === "hidden";

/** Seals and sends what waits. `leaving`: this may be the last chance. */
export const flushNow = (leaving = false): void => {
  clearTimeout(timer);
  timer = undefined;
  if (!ready) return;
  seal(waits);
  waits = 0;
  send(leaving);
};

const flush = guarded(() => flushNow());
const leave = guarded(() => flushNow(true));

/** So many events wait to be sealed. */
export const onWaiting = (count: number): void => {
  waits = count;
  // A hidden page may be frozen or discarded at any time, without another event; one task's events go together.
  const wait = isHidden() || count >= ENOUGH ? 0 : INTERVAL;
  if (wait === 0) {
    clearTimeout(timer);
    timer = undefined;
  }
  timer ??= setTimeout(flush, wait);
};

/** The sender is ready: flushes from now on. Returns what undoes it. */
export const watchLifecycle = (): (() => void) => {
  ready = true;
  const hidden = guarded(() => {
    if (isHidden()) flushNow(true);
  });
  document.addEventListener("visibilitychange", hidden);
  document.addEventListener("freeze", leave);
  // On a navigation in the same tab `pagehide` comes first, while the page is still visible.
  addEventListener("pagehide", leave);
  if (isHidden()) leave();
  return () => {
    ready = false;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hidden);
    document.removeEventListener("freeze", leave);
    removeEventListener("pagehide", leave);
  };
};
