// The page load: event 0, from navigation start to the end of the load event; joined to the backend trace that
// rendered the document, where that says so.

import { at, now, wallNow } from "../clock";
import { guarded } from "../guard";
import { plainTimeout } from "../plain";
import { linkKind, role, type Started } from "../event";
import type { Scope } from "../scope";

/** ms: a rendering trace that the page says is older is that of a cached document. */
const RENDERED_WITHIN = 60_000;

type NavigationTiming = PerformanceNavigationTiming & { activationStart?: number };

const navigation = (): NavigationTiming | undefined =>
  performance.getEntriesByType("navigation")[0] as NavigationTiming | undefined;

/** Milestones of the navigation, in ms since its start, by the names of Navigation Timing. */
const MILESTONES = [
  ["redirect_end", "redirectEnd"],
  ["domain_lookup_end", "domainLookupEnd"],
  ["connect_end", "connectEnd"],
  ["request_start", "requestStart"],
  ["response_start", "responseStart"],
  ["response_end", "responseEnd"],
  ["dom_interactive", "domInteractive"],
  ["dom_content_loaded_event_end", "domContentLoadedEventEnd"],
  ["dom_complete", "domComplete"],
] as const;

const describe = (entry: NavigationTiming | undefined): Record<string, string | number | undefined> => {
  const attributes: Record<string, string | number | undefined> = {
    "url.full": location.href,
    "browser.document.referrer": document.referrer || undefined,
    "browser.navigation_timing.type": entry?.type,
    "browser.navigation_timing.transfer_size": entry?.transferSize || undefined,
    "browser.navigation_timing.activation_start": entry?.activationStart || undefined,
    "http.response.status_code": (entry as { responseStatus?: number } | undefined)?.responseStatus || undefined,
  };
  for (const [name, property] of MILESTONES) {
    const value = entry?.[property];
    if (value) attributes[`browser.navigation_timing.${name}`] = Math.round(value * 10) / 10;
  }
  return attributes;
};

/** Begins to capture. Returns what undoes it. */
export const captureLoad = (scope: Scope, arrived: (load: Started) => Promise<void>): (() => void) => {
  const load = scope.recorder.start(role.pageLoad, { moment: at(0) });
  let known = false;
  const once = (interrupted: boolean): void => {
    const entry = navigation();
    const duration = entry?.loadEventEnd ?? 0;
    if (load.ended || (!interrupted && (duration === 0 || !known))) return;
    linkServer(scope, load, entry);
    if (!interrupted) for (const heard of scope.onLoaded) guarded(() => heard(load, duration))();
    scope.recorder.finish(load, {
      // Without a load event there is no end but the last moment it was seen loading.
      duration: duration || now().monotonic,
      name: "browser.navigation_timing",
      attributes: { ...describe(entry), "weft.state": duration === 0 ? "interrupted" : undefined },
    });
  };
  // loadEventEnd is set only after the last listener has returned.
  const loaded = guarded(
    () =>
      void plainTimeout(
        guarded(() => once(false)),
        0,
      ),
  );
  const leaves = guarded(() => once(true));
  void arrived(load)
    .catch(() => {})
    .then(() => {
      known = true;
      if (document.readyState === "complete") loaded();
    });
  addEventListener("load", loaded);
  addEventListener("pagehide", leaves);
  return () => {
    removeEventListener("load", loaded);
    removeEventListener("pagehide", leaves);
  };
};

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

// Server-Timing, or a <meta> where the server cannot set headers. A document from a cache, or one that says that it was
// rendered long ago, was not rendered for this load.
const linkServer = ({ recorder }: Scope, load: Started, entry: NavigationTiming | undefined): void => {
  const fromCache =
    entry !== undefined && (entry.type === "back_forward" || (entry.transferSize === 0 && entry.decodedBodySize > 0));
  if (fromCache) return;
  const meta = (name: string): string | undefined =>
    document.querySelector(`meta[name="${name}"]`)?.getAttribute("content") ?? undefined;
  const said = entry?.serverTiming?.find(({ name }) => name === "traceparent")?.description ?? meta("traceparent");
  const rendered = Number(meta("weft-rendered"));
  const [, trace, span] = TRACEPARENT.exec(said ?? "") ?? [];
  if (!trace || !span || (rendered && wallNow() - rendered > RENDERED_WITHIN)) return;
  recorder.link(load, { kinds: linkKind.server, name: "", to: trace + span });
};
