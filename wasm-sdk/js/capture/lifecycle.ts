// What becomes of the page: hidden and seen, frozen and resumed, put away and brought back, shown after being rendered
// ahead of time, offline and online.

import { navigation } from "../arrival";
import { at } from "../clock";
import { Role } from "../event";
import { FIRST, listen } from "../listen";
import { moment } from "../record";
import type { Scope } from "../scope";
import { backOnline } from "../send";
import type { Attributes } from "../wasm";

/** Begins to capture. */
export const captureLifecycle = (scope: Scope): void => {
  const tell = (name: string, attributes?: Attributes, when?: number): void =>
    void moment(scope, `browser.${name}`, attributes, Role.mark, when === undefined ? {} : { moment: at(when) });
  // First, before those that flush: what a page is told when it is put away goes with it.
  const on = (target: EventTarget, types: string, heard: (event: Event) => void): void =>
    listen(scope, target, types, heard, FIRST);
  on(document, "visibilitychange", () => tell("visibility", { "browser.visibility.state": document.visibilityState }));
  on(document, "freeze resume", ({ type }) => tell(`page.${type}`));
  on(window, "pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) tell("page.restored_from_cache", {}, event.timeStamp);
  });
  on(window, "offline online", ({ type }) => {
    const online = type === "online";
    tell("network", { "browser.network.online": online });
    if (online) backOnline(scope);
  });
  const activated = navigation()?.activationStart;
  if (activated) tell("page.activated", {}, activated);
};
