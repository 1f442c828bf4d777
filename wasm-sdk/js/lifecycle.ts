// When to seal, keep and send: a while after something was recorded, when much waits, and whenever the page may be
// about to go away. A timer exists only while something is unsent or unsaved.
//
// `visibilitychange` to hidden is the last event that is certain on mobile; `pagehide` is the last on desktop;
// `freeze` comes between. Never `unload`: it keeps pages out of the back/forward cache
// (https://developer.chrome.com/docs/web-platform/deprecating-unload).

import { wallNow } from "./clock";
import { guarded, safely } from "./guard";
import { listen } from "./listen";
import { comeBack, keep, leave, seal } from "./outgoing";
import { plainMicrotask, plainTimeout } from "./plain";
import type { Scope } from "./scope";
import { Urgency } from "./send";
import { isReady, PageState } from "./wasm";

const enum Limit {
  /** ms from the first unsent event to the request that carries it, and to the journal that keeps it. */
  interval = 5_000,
  keepAfter = 1_000,
  /** Events and bytes that are not kept waiting for more. */
  enoughEvents = 200,
  enoughBytes = 40 * 1024,
  /** ms without an interaction after which a visible page is idle. */
  idle = 300_000,
}

export const isHidden = (): boolean => document.visibilityState === "hidden";

/** So many more events wait, or a long span has opened; all that waits makes about so many bytes. */
export const waiting = (scope: Scope, bytes: number, events: number): void => {
  // Nothing is sent: what waits for a seal ends here, and needs no timer.
  if (scope.abandoned) return doAll(scope.beforeSeal);
  scope.unsealed += events;
  const enough = scope.unsealed >= Limit.enoughEvents || bytes >= Limit.enoughBytes;
  if (enough && scope.sendOut) sealNow(scope);
  const keepIt = guarded(() => keepNow(scope));
  // A hidden page may be frozen or discarded at any time, without another event; one task's events go together.
  scope.keepTimer ??= isHidden() ? (plainMicrotask(keepIt), -1) : plainTimeout(keepIt, Limit.keepAfter);
  const flush = guarded(() => flushNow(scope));
  if (enough || isHidden()) {
    clearTimeout(scope.flushTimer);
    scope.flushTimer = plainTimeout(flush, 0);
  } else scope.flushTimer ??= plainTimeout(flush, Limit.interval);
};

const doAll = (works: (() => void)[]): void => works.forEach(safely);

/** Seals what waits, to be sent with the next flush. */
export const sealNow = (scope: Scope, leaving = false): void => {
  doAll(scope.beforeSeal);
  if (!scope.sendOut) return;
  // What is sealed is kept.
  clearTimeout(scope.keepTimer);
  scope.keepTimer = undefined;
  const events = scope.unsealed;
  scope.unsealed = 0;
  if (isReady(scope)) seal(scope, events, stateOf(scope), leaving);
};

const keepNow = (scope: Scope): void => {
  doAll(scope.beforeSeal);
  scope.keepTimer = undefined;
  keep(scope, scope.unsealed, stateOf(scope));
};

/** Seals and sends what waits. */
export const flushNow = (scope: Scope, urgency = Urgency.soon): void => {
  clearTimeout(scope.flushTimer);
  scope.flushTimer = undefined;
  // Asked for before there is anywhere to send it: done as soon as there is.
  scope.flushWanted = !scope.sendOut;
  if (!scope.sendOut) return;
  if (urgency !== Urgency.soon) doAll(scope.beforeHide);
  sealNow(scope, urgency === Urgency.leaving);
  scope.sendOut(urgency);
};

/** Events can be sent from now on, by `send`. Returns what undoes it. */
export const open = (scope: Scope, send: (urgency: Urgency) => void): (() => void) => {
  scope.sendOut = send;
  listen(scope, document, "visibilitychange", () => isHidden() && flushNow(scope, Urgency.hidden));
  listen(scope, document, "freeze", () => {
    scope.frozenNow = true;
    flushNow(scope, Urgency.leaving);
    // Others must know that it does not answer because it cannot.
    keep(scope, 0, PageState.frozen);
  });
  listen(scope, document, "resume", () => void (scope.frozenNow = false));
  // On a navigation in the same tab `pagehide` comes first, while the page is still visible.
  listen(scope, window, "pagehide", () => {
    flushNow(scope, Urgency.leaving);
    leave(scope);
  });
  listen(scope, window, "pageshow", ({ persisted }: PageTransitionEvent) => {
    scope.frozenNow = false;
    if (persisted) comeBack(scope);
  });
  return () => {
    scope.sendOut = undefined;
    clearTimeout(scope.flushTimer);
    clearTimeout(scope.keepTimer);
  };
};

const stateOf = ({ frozenNow, lastInteraction }: Scope): PageState => {
  if (frozenNow) return PageState.frozen;
  if (isHidden()) return PageState.hidden;
  return wallNow() - lastInteraction > Limit.idle ? PageState.idle : PageState.visible;
};
