// When to seal and send: a while after something was recorded, when much waits, and whenever the page may be
// about to go away. A timer exists only while something is unsent.
//
// `visibilitychange` to hidden is the last event that is certain on mobile; `pagehide` is the last on desktop;
// `freeze` comes between. Never `unload`: it keeps pages out of the back/forward cache
// (https://developer.chrome.com/docs/web-platform/deprecating-unload).

import { guarded } from "./guard";
import { seal, send, type Urgency } from "./send";
import { saveSession } from "./session";

/** ms from the first unsent event to the request that carries it. */
const INTERVAL = 5_000;

/** Events and bytes that are not kept waiting for more. */
const ENOUGH_EVENTS = 200;
const ENOUGH_BYTES = 40 * 1024;

let waits = 0;
let ready = false;
let wanted = false;
let timer: ReturnType<typeof setTimeout> | undefined;

const isHidden = (): boolean => document.visibilityState === "hidden";

/** Seals and sends what waits. */
export const flushNow = (urgency: Urgency = "soon"): void => {
  clearTimeout(timer);
  timer = undefined;
  // Asked for before the sender is ready: done as soon as it is.
  wanted = !ready;
  if (!ready) return;
  sealNow();
  send(urgency);
};

const flush = guarded(() => flushNow());

/** Seals what waits, to be sent with the next flush. */
export const sealNow = (): void => {
  seal(waits);
  waits = 0;
};

/** One more event waits, which makes about so many bytes. */
export const onWaiting = (bytes: number): void => {
  waits++;
  const enough = waits >= ENOUGH_EVENTS || bytes >= ENOUGH_BYTES;
  if (enough) sealNow();
  // A hidden page may be frozen or discarded at any time, without another event; one task's events go together.
  if (enough || isHidden()) soon(0);
  else timer ??= setTimeout(flush, INTERVAL);
};

const soon = (wait: number): void => {
  clearTimeout(timer);
  timer = setTimeout(flush, wait);
};

/** The sender is ready: flushes from now on. Returns what undoes it. */
export const watchLifecycle = (): (() => void) => {
  ready = true;
  const hidden = guarded(() => {
    if (!isHidden()) return;
    saveSession();
    flushNow("hidden");
  });
  const leave = guarded(() => {
    saveSession();
    flushNow("leaving");
  });
  document.addEventListener("visibilitychange", hidden);
  document.addEventListener("freeze", leave);
  // On a navigation in the same tab `pagehide` comes first, while the page is still visible.
  addEventListener("pagehide", leave);
  hidden();
  if (wanted) flush();
  return () => {
    ready = false;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", hidden);
    document.removeEventListener("freeze", leave);
    removeEventListener("pagehide", leave);
  };
};
