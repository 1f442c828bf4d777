// LCP, INP, CLS, FCP and TTFB as Google's web-vitals measures them, with what they are due to. Its code is fetched
// when the page is idle: nothing it needs is lost until then, because browsers keep these entries for it.

import { at, monotonicNow } from "../clock";
import { guarded } from "../guard";
import { role } from "../event";
import type { Scope } from "../scope";
import type { Vital } from "./vitals-chunk";

/** Begins to capture. Returns what undoes it. */
export const captureVitals = (scope: Scope): (() => void) => {
  let active = true;
  const tell = guarded((vital: Vital): void => {
    if (!active) return;
    const moment = at(Math.min(vital.time ?? monotonicNow(), monotonicNow()));
    const attributes = {
      "browser.web_vital.name": vital.name,
      "browser.web_vital.value": vital.value,
      "browser.web_vital.delta": vital.delta,
      "browser.web_vital.id": vital.id,
      "browser.web_vital.rating": vital.rating,
      "browser.web_vital.navigation_type": vital.navigationType,
      ...vital.attribution,
    };
    scope.recorder.moment("browser.web_vital", attributes, role.mark, { moment, cause: null });
  });
  scope.whenIdle(
    () => void import("./vitals-chunk").then(({ watchVitals }) => active && watchVitals(tell)).catch(() => {}),
  );
  return () => {
    active = false;
  };
};
