// What the page loads: resources that end before the load event are its children; later ones are roots of their own.
// Requests of fetch and XHR have their own events, and are left out here.

import { at, monotonicNow } from "../clock";
import { guarded } from "../guard";
import { kind, role, status, type Started } from "../event";
import type { Scope } from "../scope";
import { observe } from "./observe";
import { awaitTimes, timed } from "./request";

type Entry = PerformanceResourceTiming & { responseStatus?: number; renderBlockingStatus?: string };

const OWN_EVENTS = new Set(["fetch", "xmlhttprequest", "beacon"]);

/** Begins to capture. Returns what undoes it. */
export const captureResources = (scope: Scope): (() => void) => {
  // Up to which monotonic time resources were told with the page load.
  let told: number | undefined;
  scope.onLoaded.push((load, duration) => {
    told = monotonicNow();
    for (const entry of performance.getEntriesByType("resource") as Entry[]) {
      record(scope, entry, entry.responseEnd <= duration ? load : undefined);
    }
  });
  awaitTimes(scope);
  return observe("resource", {}, (entry: Entry) => {
    if (OWN_EVENTS.has(entry.initiatorType)) timed(scope, entry);
    // Before the load event has ended nobody knows whether it is a child; then all are told.
    else if (told !== undefined && entry.responseEnd > told) record(scope, entry, undefined);
  });
};

const record = (scope: Scope, entry: Entry, parent: Started | undefined): void => {
  if (OWN_EVENTS.has(entry.initiatorType) || isOurs(scope, entry)) return;
  guarded(() => {
    const event = scope.recorder.start(role.none, { moment: at(entry.startTime), cause: null, parent });
    const failed = (entry.responseStatus ?? 0) >= 400;
    scope.recorder.finish(event, {
      duration: Math.max(0, entry.responseEnd - entry.startTime),
      name: "browser.resource_timing",
      attributes: describe(entry),
      kind: kind.client,
      status: failed ? status.error : status.unset,
    });
  })();
};

const isOurs = ({ url, moduleUrl }: Scope, { name }: Entry): boolean => name.startsWith(url) || name === moduleUrl;

const describe = (entry: Entry): Record<string, string | number | undefined> => ({
  "url.full": entry.name,
  "browser.resource_timing.initiator_type": entry.initiatorType,
  "browser.resource_timing.transfer_size": entry.transferSize || undefined,
  "browser.resource_timing.decoded_body_size": entry.decodedBodySize || undefined,
  "browser.resource_timing.render_blocking": entry.renderBlockingStatus === "blocking" ? "blocking" : undefined,
  "http.response.status_code": entry.responseStatus || undefined,
});
