// @weft/browser/full: the same, with everything captured that can be, but for the console.

import { begin } from "./begin";
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
export const init = (options: Options): void => void begin({ capture: everything, ...options });

// Where a stub stands in the page it has called `init` already, and the page calls it by this name.
const early = typeof window === "undefined" ? undefined : takeEarly();
if (early) {
  const handle = begin({ capture: everything, ...early.options }, early);
  if (handle) (window as unknown as { weft: unknown }).weft = handle;
}
