// Soft navigations as the browser sees them (Chromium, where it is switched on): what it takes for a new view is told
// with its time, linked to the route that began it by `previous`.

import { at } from "../clock";
import { role } from "../event";
import type { Scope } from "../scope";
import { observe } from "./observe";

/** Begins to capture. Returns what undoes it. */
export const captureSoftNavigations = (scope: Scope): (() => void) =>
  observe("soft-navigation", {}, (entry) => {
    const event = scope.recorder.start(role.mark, { moment: at(entry.startTime), cause: null });
    scope.recorder.finish(event, {
      duration: entry.duration,
      name: "browser.soft_navigation",
      attributes: { "url.full": entry.name },
    });
  });
