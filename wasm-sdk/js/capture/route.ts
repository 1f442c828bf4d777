// Routes of single-page apps: each begins a view. Told by the Navigation API where there is one, else by History.

import { patch } from "../patch";
import { guarded } from "../guard";
import { role } from "../event";
import type { Scope } from "../scope";

interface NavigateEvent extends Event {
  navigationType: string;
}

/** Begins to capture. Returns what undoes it. */
export const captureRoutes = (scope: Scope): (() => void) => {
  let address = location.href;
  const changed = guarded((type: string): void => {
    const [from, to] = [address, location.href];
    address = to;
    // A fragment that scrolls is no other view, but one that is a route is.
    if (withoutAnchor(from) === withoutAnchor(to)) return;
    const isView = viewOf(from) !== viewOf(to);
    const attributes = { "url.full": to, "browser.navigation.type": type, "browser.navigation.same_document": true };
    scope.recorder.moment("browser.navigation", attributes, isView ? role.view : role.none);
    if (isView) scope.forgetView();
  });
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation) {
    let type = "push";
    const begins = (event: Event): void => void (type = (event as NavigateEvent).navigationType);
    // `currententrychange` comes when the address has changed, in the stack of whoever changed it.
    const entry = (event: Event): void => changed((event as NavigateEvent).navigationType ?? type);
    navigation.addEventListener("navigate", begins);
    navigation.addEventListener("currententrychange", entry);
    return () => {
      navigation.removeEventListener("navigate", begins);
      navigation.removeEventListener("currententrychange", entry);
    };
  }
  return byHistory(changed);
};

const byHistory = (changed: (type: string) => void): (() => void) => {
  let active = true;
  const after = (name: "pushState" | "replaceState", type: string): (() => void) =>
    patch(history, name, (original) => (...args) => {
      original.apply(history, args);
      if (active) changed(type);
    });
  const popped = (): void => changed("traverse");
  const undos = [after("pushState", "push"), after("replaceState", "replace")];
  addEventListener("popstate", popped);
  addEventListener("hashchange", popped);
  return () => {
    active = false;
    undos.forEach((undo) => undo());
    removeEventListener("popstate", popped);
    removeEventListener("hashchange", popped);
  };
};

// `#/cart` and `#!cart` are routes of old routers, `#reviews` is a place in the document.
const withoutAnchor = (address: string): string => {
  const [page, fragment = ""] = address.split("#", 2);
  return /^[!/]/.test(fragment) ? address : (page ?? "");
};

const viewOf = (address: string): string => withoutAnchor(address).replace(/\?[^#]*/, "");
