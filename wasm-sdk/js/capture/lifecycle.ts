// What becomes of the page: hidden and seen, frozen and resumed, put away and brought back, shown after being rendered
// ahead of time, offline and online.

import { at } from "../clock";
import { guarded } from "../guard";
import { role } from "../event";
import type { Scope } from "../scope";

/** Begins to capture. Returns what undoes it. */
export const captureLifecycle = (scope: Scope): (() => void) => {
  const tell = (name: string, attributes: Record<string, string | boolean> = {}, when?: number): void =>
    void scope.recorder.moment(name, attributes, role.mark, when === undefined ? {} : { moment: at(when) });
  const undos: (() => void)[] = [];
  const on = (target: EventTarget, type: string, heard: (event: Event) => void): void => {
    const listener = guarded(heard);
    // Before those that flush: what a page is told when it is put away goes with it.
    target.addEventListener(type, listener, true);
    undos.push(() => target.removeEventListener(type, listener, true));
  };
  on(document, "visibilitychange", () =>
    tell("browser.visibility", { "browser.visibility.state": document.visibilityState }),
  );
  on(document, "freeze", () => tell("browser.page.freeze"));
  on(document, "resume", () => tell("browser.page.resume"));
  on(window, "pageshow", (event) => {
    if ((event as PageTransitionEvent).persisted) tell("browser.page.restored_from_cache", {}, event.timeStamp);
  });
  on(window, "offline", () => tell("browser.network", { "browser.network.online": false }));
  on(window, "online", () => {
    tell("browser.network", { "browser.network.online": true });
    scope.backOnline();
  });
  const activated = (performance.getEntriesByType("navigation")[0] as { activationStart?: number } | undefined)
    ?.activationStart;
  if (activated) tell("browser.page.activated", {}, activated);
  return () => undos.forEach((undo) => undo());
};
