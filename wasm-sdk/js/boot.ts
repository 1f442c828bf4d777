// How a scope comes to life: what it knows, what it captures, and then `connect.ts`, when the page has nothing better to
// do. Nothing that captures may import this file: captures are listed in a constant.

import { linkArrival, trailBefore } from "./arrival";
import { capture } from "./capture";
import { hearDecisions, openChannel } from "./channel";
import { wallNow } from "./clock";
import { connectWhenIdle, sendAtLast } from "./connect";
import { storeIfAllowed } from "./consent";
import { follow, type Early } from "./early";
import { guarded } from "./guard";
import type { Handle } from "./handle";
import type { Options } from "./options";
import { createScope, type Scope } from "./scope";

/** Begins to record for a key; what happens in the page by itself too, if it `captures` that. */
export const boot = (options: Options, captures: boolean, early: Early | undefined): Handle => {
  const scope = createScope({ ...options }, captures, early);
  scope.lastInteraction = wallNow();
  storeIfAllowed(scope);
  if (early) follow(scope, early);
  openChannel(scope);
  hearDecisions(scope);
  const ready = guarded(() => begin(scope));
  scope.begin = ready;
  // A page that is rendered ahead of time may never be seen.
  if ((document as Document & { prerendering?: boolean }).prerendering)
    document.addEventListener("prerenderingchange", ready, { once: true });
  else ready();
  return scope.handle;
};

/** Begins to record, if the person has not refused. */
const begin = (scope: Scope): void => {
  if (scope.begun || scope.closed || scope.consent === "denied") return;
  scope.begun = true;
  const before = trailBefore(scope);
  capture(scope, (load) => linkArrival(scope, load, before));
  sendAtLast(scope);
  connectWhenIdle(scope);
};
