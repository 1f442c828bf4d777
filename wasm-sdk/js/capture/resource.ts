// What the page loads: resources that end before the load event are its children; later ones are roots of their own.
// Requests of fetch and XHR have their own events, and are left out here.

import { at, monotonicNow } from "../clock";
import { guarded } from "../guard";
import { kind, role, status, type Started } from "../record";
import type { Scope } from "../scope";
import { observe } from "./observe";
import { timed } from "./request";

type Entry = PerformanceResourceTiming & { responseStatus?: number; renderBlockingStatus?: string };

const OWN_EVENTS = new Set(["fetch", "xmlhttprequest", "beacon"]);

/** What was loaded so far: the page load's children, if it ended before `duration` ms. Called once, at its end. */
export const loadResources = (scope: Scope, load: Started, duration: number): void => {
  told.set(scope, monotonicNow());
  for (const entry of performance.getEntriesByType("resource") as Entry[]) {
    record(scope, entry, entry.responseEnd <= duration ? load : undefined);
  }
};

// Up to which monotonic time resources were told with the page load.
const told = new WeakMap<Scope, number>();

/** Begins to capture. Returns what undoes it. */
export const captureResources = (scope: Scope): (() => void) =>
  observe("resource", {}, (entry: Entry) => {
    if (OWN_EVENTS.has(entry.initiatorType)) return timed(scope, entry);
    const until = told.get(scope);
    // Before the load event has ended nobody knows whether it is a child; then `loadResources` tells it.
    if (until !== undefined && entry.responseEnd > until) record(scope, entry, undefined);
  });

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
