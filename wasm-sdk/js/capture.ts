// Step 1 of 8, capture: the DOM and the app → calls into the module.

import { captureClicks, captureKeys, captureSubmits } from "./capture/interaction";
import { captureConsole } from "./capture/console";
import { captureErrors } from "./capture/error";
import { captureFetch } from "./capture/fetch";
import { captureLifecycle } from "./capture/lifecycle";
import { captureLoad } from "./capture/load";
import { captureLongTasks } from "./capture/longtask";
import { captureResources } from "./capture/resource";
import { captureRoutes } from "./capture/route";
import { captureStreams } from "./capture/stream";
import { captureVitals } from "./capture/vitals";
import { captureXhr } from "./capture/xhr";
import { causeNow, followCallbacks } from "./causes";
import { watchClock } from "./clock";
import { role, type Started } from "./record";
import type { Scope } from "./scope";

/**
 * Begins to capture; `all`: not only the page load, which is event 0 of every page. `arrived` hears when that has
 * started and resolves when it is known where the document comes from. Returns what undoes it.
 */
export const capture = (scope: Scope, all: boolean, arrived: (load: Started) => Promise<void>): (() => void) => {
  const { recorder } = scope;
  // Event 0 is the page load, so it starts before anything else can.
  const undos = [captureLoad(scope, arrived)];
  if (all) {
    recorder.causeNow = causeNow;
    undos.push(...captureAll(scope));
    watchClock((ms) => {
      recorder.moment("weft.clock.jump", { "weft.clock.jump_ms": Math.round(ms) }, role.mark);
    });
  }
  return () => undos.forEach((undo) => undo());
};

const captureAll = (scope: Scope): (() => void)[] => {
  const { capture: wanted = {} } = scope.options;
  const { causes = true } = wanted;
  const on = (name: keyof typeof wanted, begin: (scope: Scope) => () => void): (() => void)[] =>
    wanted[name] === false ? [] : [begin(scope)];
  return [
    ...(causes ? [followCallbacks(causes === true ? {} : causes)] : []),
    ...on("interactions", captureClicks),
    ...on("interactions", captureSubmits),
    ...on("interactions", captureKeys),
    ...on("requests", captureFetch),
    ...on("requests", captureXhr),
    ...on("resources", captureResources),
    ...on("routes", captureRoutes),
    ...on("errors", captureErrors),
    ...on("vitals", captureVitals),
    ...on("longTasks", captureLongTasks),
    ...on("lifecycle", captureLifecycle),
    ...on("streams", captureStreams),
    ...(wanted.console ? [captureConsole(scope)] : []),
  ];
};
