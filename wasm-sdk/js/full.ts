// @weft/browser/full: the same, with everything captured that can be, but for the console.

import { begin, current } from "./begin";
import { basic, type Capture } from "./capture";
import { captureErrors } from "./capture/error";
import { captureFrustration } from "./capture/frustration";
import { captureLifecycle } from "./capture/lifecycle";
import { captureLongTasks } from "./capture/longtask";
import { captureResources } from "./capture/resource";
import { captureSoftNavigations } from "./capture/soft-navigation";
import { captureStreams } from "./capture/stream";
import { captureVitals } from "./capture/vitals";
import { captureXhr } from "./capture/xhr";
import { followCallbacks } from "./causes";
import { takeEarly } from "./early";
import { safely } from "./guard";
import {
  captureError,
  consent,
  debug,
  event,
  flush,
  identify,
  link,
  longSpan,
  setAttributes,
  shutdown,
  span,
  stats,
} from "./index";
import type { Options } from "./options";

export * from "./index";

/** Everything but `captureConsole`: the console's texts may hold anything. */
export const everything: readonly Capture[] = [
  followCallbacks(),
  ...basic,
  captureFrustration,
  captureXhr,
  captureResources,
  captureErrors,
  captureVitals,
  captureLongTasks,
  captureLifecycle,
  captureStreams,
  captureSoftNavigations,
];

/** Begins to record everything. Later calls with the same key do nothing: the first one wins. */
export const init = (options: Options): void => begin({ capture: everything, ...options });

// Where a stub stands in the page it has called `init` already, and the page calls the other functions by this name.
const early = typeof window === "undefined" ? undefined : takeEarly();
if (early) {
  begin({ capture: everything, ...early.options }, early);
  const said = { captureError, consent, flush, identify, link, setAttributes, shutdown };
  const functions = { ...said, debug, event, longSpan, span, stats };
  for (const [name, args] of early.asked)
    safely(() => (said as Record<string, (...args: never[]) => unknown>)[name]?.(...(args as never[])));
  if (current()) Object.assign(window, { weft: functions });
}
