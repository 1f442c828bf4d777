// The page load: event 0, from navigation start to the end of the load event.

import { at, now } from "../clock";
import { guarded } from "../guard";
import { finish, role, start, type Started } from "../record";

const navigation = (): PerformanceNavigationTiming | undefined =>
  performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;

const end = (load: Started, duration: number, interrupted: boolean): void => {
  finish(load, duration, "browser.navigation_timing", {
    "url.full": location.href,
    "browser.navigation_timing.type": navigation()?.type,
    "weft.state": interrupted ? "interrupted" : undefined,
  });
};

export const captureLoad = (): (() => void) => {
  const load = start(role.pageLoad, at(0));
  let ended = false;
  const once = (interrupted: boolean): void => {
    const duration = navigation()?.loadEventEnd ?? 0;
    if (ended || (duration === 0 && !interrupted)) return;
    ended = true;
    // Without a load event there is no end but the last moment it was seen loading.
    end(load, duration || now().monotonic, duration === 0);
  };
  // loadEventEnd is set only after the last listener has returned.
  const loaded = guarded(() => void setTimeout(guarded(() => once(false))));
  const hidden = guarded(() => once(true));
  if (document.readyState === "complete") loaded();
  addEventListener("load", loaded);
  addEventListener("pagehide", hidden);
  return () => {
    removeEventListener("load", loaded);
    removeEventListener("pagehide", hidden);
  };
};
