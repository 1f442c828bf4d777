// The page load: event 0, from navigation start to the end of the load event; joined to the backend trace that
// rendered the document, where that says so.

import { navigation, type NavigationTiming } from "../arrival";
import { at, now, wallNow } from "../clock";
import { LinkKind, Role, type Started } from "../event";
import { guarded, safely } from "../guard";
import { listen } from "../listen";
import { plainTimeout } from "../plain";
import { finish, link, start } from "../record";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";

const enum Limit {
  /** ms: a rendering trace that the page says is older is that of a cached document. */
  renderedWithin = 60_000,
}

/** Milestones of the navigation, in ms since its start, by the names of Navigation Timing. */
const MILESTONES = [
  "redirectEnd",
  "domainLookupEnd",
  "connectEnd",
  "requestStart",
  "responseStart",
  "responseEnd",
  "domInteractive",
  "domContentLoadedEventEnd",
  "domComplete",
] as const;

const NAME = "browser.navigation_timing";

const describe = (entry: NavigationTiming | undefined): Attributes => {
  const attributes: Attributes = {
    "url.full": location.href,
    "browser.document.referrer": document.referrer || undefined,
    [`${NAME}.type`]: entry?.type,
    [`${NAME}.transfer_size`]: entry?.transferSize || undefined,
    [`${NAME}.activation_start`]: entry?.activationStart || undefined,
    "http.response.status_code": entry?.responseStatus || undefined,
  };
  for (const milestone of MILESTONES) {
    const name = milestone.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const value = entry?.[milestone];
    if (value) attributes[`${NAME}.${name}`] = Math.round(value * 10) / 10;
  }
  return attributes;
};

/** Begins to capture. */
export const captureLoad = (scope: Scope, arrived: (load: Started) => Promise<void>): void => {
  const load = start(scope, Role.pageLoad, { moment: at(0) });
  let known = false;
  const once = (interrupted: boolean): void => {
    const entry = navigation();
    const duration = entry?.loadEventEnd ?? 0;
    if (load.ended || (!interrupted && (duration === 0 || !known))) return;
    linkServer(scope, load, entry);
    if (!interrupted) for (const heard of scope.onLoaded) safely(heard, load, duration);
    const attributes = { ...describe(entry), "weft.state": duration === 0 ? "interrupted" : undefined };
    // Without a load event there is no end but the last moment it was seen loading.
    finish(scope, load, NAME, attributes, duration || now().monotonic);
  };
  // loadEventEnd is set only after the last listener has returned.
  const loaded = (): unknown =>
    plainTimeout(
      guarded(() => once(false)),
      0,
    );
  const settled = (): void => {
    known = true;
    if (document.readyState === "complete") loaded();
  };
  arrived(load).then(settled, settled);
  listen(scope, window, "load", loaded);
  listen(scope, window, "pagehide", () => once(true));
};

const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}$/;

// Server-Timing, or a <meta> where the server cannot set headers. A document from a cache, or one that says that it was
// rendered long ago, was not rendered for this load.
const linkServer = (scope: Scope, load: Started, entry: NavigationTiming | undefined): void => {
  const { type, transferSize, decodedBodySize = 0, serverTiming } = entry ?? {};
  if (type === "back_forward" || (transferSize === 0 && decodedBodySize > 0)) return;
  const meta = (name: string): string | undefined =>
    document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  const said = serverTiming?.find(({ name }) => name === "traceparent")?.description ?? meta("traceparent");
  const [, trace, span] = TRACEPARENT.exec(said ?? "") ?? [];
  const rendered = Number(meta("weft-rendered"));
  if (trace && !(rendered && wallNow() - rendered > Limit.renderedWithin))
    link(scope, load, LinkKind.server, `${trace}${span}`);
};
