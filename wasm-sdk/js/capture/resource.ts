// What the page loads: resources that end before the load event are its children; later ones are roots of their own.
// Requests of fetch and XHR have their own events, and are left out here.

import { at, monotonicNow } from "../clock";
import { Kind, Role, Status, type Started } from "../event";
import { safely } from "../guard";
import { finish, start } from "../record";
import type { Scope } from "../scope";
import { observe } from "./observe";
import { awaitTimes, transferOf } from "./request";

type Entry = PerformanceResourceTiming & { responseStatus?: number; renderBlockingStatus?: string };

const OWN_EVENTS = /^(fetch|xmlhttprequest|beacon)$/;

/** Begins to capture. */
export const captureResources = (scope: Scope): void => {
  // Up to which monotonic time resources were told with the page load.
  let told: number | undefined;
  scope.onLoaded.push((load, duration) => {
    told = monotonicNow();
    for (const entry of performance.getEntriesByType("resource") as Entry[])
      record(scope, entry, entry.responseEnd <= duration ? load : undefined);
  });
  const timed = awaitTimes(scope);
  observe(scope, "resource", (entry: Entry) => {
    if (OWN_EVENTS.test(entry.initiatorType)) timed(entry);
    // Before the load event has ended nobody knows whether it is a child; then all are told.
    else if (told !== undefined && entry.responseEnd > told) record(scope, entry);
  });
};

const record = (scope: Scope, entry: Entry, parent?: Started): void => {
  const { name, initiatorType, startTime, responseEnd, responseStatus = 0, renderBlockingStatus } = entry;
  // Ours are not the page's.
  if (OWN_EVENTS.test(initiatorType) || name.startsWith(scope.url) || name === scope.moduleUrl.href) return;
  safely(() => {
    const event = start(scope, Role.none, { moment: at(startTime), cause: null, parent });
    const attributes = {
      "url.full": name,
      "browser.resource_timing.initiator_type": initiatorType,
      ...transferOf(entry),
      "browser.resource_timing.render_blocking": renderBlockingStatus === "blocking" ? "blocking" : undefined,
      "http.response.status_code": responseStatus || undefined,
    };
    const status = responseStatus >= 400 ? Status.error : Status.unset;
    const duration = Math.max(0, responseEnd - startTime);
    finish(scope, event, "browser.resource_timing", attributes, duration, Kind.client, status);
  });
};
