// LCP, INP, CLS, FCP and TTFB as Google's web-vitals measures them, with what they are due to. Its code is fetched
// when the page is idle: nothing it needs is lost until then, because browsers keep these entries for it.

import { at, monotonicNow } from "../clock";
import { Role } from "../event";
import { guarded } from "../guard";
import { moment } from "../record";
import type { Scope } from "../scope";
import type { Vital } from "./vitals-chunk";

/** Begins to capture. */
export const captureVitals = (scope: Scope): void => {
  const tell = guarded(([attributes, time]: Vital): void => {
    if (scope.closed) return;
    const known = { moment: at(Math.min(time ?? monotonicNow(), monotonicNow())), cause: null };
    moment(scope, "browser.web_vital", attributes, Role.mark, known);
  });
  scope.whenIdle.push(() => {
    // Without it a page has no vitals, and everything else.
    const watch = async (): Promise<void> => (await import("./vitals-chunk")).watchVitals(tell);
    watch().catch(() => {});
  });
};
