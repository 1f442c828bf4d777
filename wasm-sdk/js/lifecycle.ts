// When to seal, keep and send: a while after something was recorded, when much waits, and whenever the page may be
// about to go away. A timer exists only while something is unsent or unsaved.
//
// `visibilitychange` to hidden is the last event that is certain on mobile; `pagehide` is the last on desktop;
// `freeze` comes between. Never `unload`: it keeps pages out of the back/forward cache
// (https://developer.chrome.com/docs/web-platform/deprecating-unload).

import { wallNow } from "./clock";
import { guarded } from "./guard";
import { plainMicrotask, plainTimeout } from "./plain";
import type { Urgency } from "./send";
import { pageState } from "./wasm";

/** ms from the first unsent event to the request that carries it, and to the journal that keeps it. */
const INTERVAL = 5_000;
const KEEP_AFTER = 1_000;

/** Events and bytes that are not kept waiting for more. */
const ENOUGH_EVENTS = 200;
const ENOUGH_BYTES = 40 * 1024;

/** ms without an interaction after which a visible page is idle. */
const IDLE = 300_000;

/** What happens with what was recorded. */
export interface Outlet {
  /** Seals the `events` that wait, so that they can be sent. */
  seal(events: number, state: number): void;
  /** Keeps the `events` that wait, unsealed, in the journal. */
  keep(events: number, state: number): void;
  send(urgency: Urgency): void;
  /** The page is about to go away, for good or into the back/forward cache. */
  leave(): void;
  /** It came back from there. */
  comeBack(): void;
}

const isHidden = (): boolean => document.visibilityState === "hidden";

/** Watches over one page for one key. */
export class Lifecycle {
  /** Called before anything is sealed because the page is hidden or leaves. */
  readonly beforeHide: (() => void)[] = [];
  /** Called before anything is sealed or kept. */
  readonly beforeSeal: (() => void)[] = [];
  private outlet: Outlet | undefined;
  private waits = 0;
  private wanted = false;
  private frozen = false;
  private lastInteraction = wallNow();
  private flushTimer: number | undefined;
  private keepTimer: number | undefined;

  /** So many more events wait, or a long span has opened; all that waits makes about so many bytes. */
  onWaiting(bytes: number, events: number): void {
    this.waits += events;
    const enough = this.waits >= ENOUGH_EVENTS || bytes >= ENOUGH_BYTES;
    if (enough && this.outlet) this.sealNow();
    // A hidden page may be frozen or discarded at any time, without another event; one task's events go together.
    if (isHidden()) this.keepTimer ??= (plainMicrotask(this.keep), -1);
    else this.keepTimer ??= plainTimeout(this.keep, KEEP_AFTER);
    if (enough || isHidden()) this.soon(0);
    else this.flushTimer ??= plainTimeout(this.flush, INTERVAL);
  }

  interacted(): void {
    this.lastInteraction = wallNow();
  }

  /** Seals what waits, to be sent with the next flush. */
  sealNow(): void {
    for (const hook of this.beforeSeal) guarded(hook)();
    if (!this.outlet) return;
    // What is sealed is kept.
    clearTimeout(this.keepTimer);
    this.keepTimer = undefined;
    const events = this.waits;
    this.waits = 0;
    this.outlet.seal(events, this.state());
  }

  /** Seals and sends what waits. */
  flushNow(urgency: Urgency = "soon"): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = undefined;
    // Asked for before there is anywhere to send it: done as soon as there is.
    this.wanted = !this.outlet;
    if (!this.outlet) return;
    if (urgency !== "soon") for (const hook of this.beforeHide) guarded(hook)();
    this.sealNow();
    this.outlet.send(urgency);
  }

  /** Events can be sealed and sent from now on; `attach` hands over those that wait. Returns what undoes it. */
  open(outlet: Outlet, attach: () => void): () => void {
    this.outlet = outlet;
    const undo = this.watch();
    attach();
    if (isHidden()) this.flushNow("hidden");
    else if (this.wanted) this.flush();
    return () => {
      undo();
      this.outlet = undefined;
      clearTimeout(this.flushTimer);
      clearTimeout(this.keepTimer);
    };
  }

  private watch(): () => void {
    const hidden = guarded(() => isHidden() && this.flushNow("hidden"));
    const freeze = guarded(() => {
      this.frozen = true;
      this.flushNow("leaving");
      // Others must know that it does not answer because it cannot.
      this.outlet?.keep(0, pageState.frozen);
    });
    const resume = guarded(() => void (this.frozen = false));
    // On a navigation in the same tab `pagehide` comes first, while the page is still visible.
    const leave = guarded(() => {
      this.flushNow("leaving");
      this.outlet?.leave();
    });
    const back = guarded((event: PageTransitionEvent) => {
      this.frozen = false;
      if (event.persisted) this.outlet?.comeBack();
    });
    document.addEventListener("visibilitychange", hidden);
    document.addEventListener("freeze", freeze);
    document.addEventListener("resume", resume);
    addEventListener("pagehide", leave);
    addEventListener("pageshow", back);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      document.removeEventListener("freeze", freeze);
      document.removeEventListener("resume", resume);
      removeEventListener("pagehide", leave);
      removeEventListener("pageshow", back);
    };
  }

  private readonly flush = guarded(() => this.flushNow());

  private readonly keep = guarded(() => {
    for (const hook of this.beforeSeal) guarded(hook)();
    this.keepTimer = undefined;
    this.outlet?.keep(this.waits, this.state());
  });

  private soon(wait: number): void {
    clearTimeout(this.flushTimer);
    this.flushTimer = plainTimeout(this.flush, wait);
  }

  private state(): number {
    if (this.frozen) return pageState.frozen;
    if (isHidden()) return pageState.hidden;
    return wallNow() - this.lastInteraction > IDLE ? pageState.idle : pageState.visible;
  }
}
