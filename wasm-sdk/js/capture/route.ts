// Routes of single-page apps: each begins a view. Told by the Navigation API where there is one, else by History.

import { Role } from "../event";
import { guarded } from "../guard";
import { Of } from "../handle";
import { listen } from "../listen";
import { patch } from "../patch";
import { moment } from "../record";
import type { Scope } from "../scope";

interface NavigateEvent extends Event {
  navigationType?: string;
}

/** Begins to capture. */
export const captureRoutes = (scope: Scope): void => {
  let address = location.href;
  const changed = guarded((type: string): void => {
    const [from, to] = [address, location.href];
    address = to;
    // A fragment that scrolls is no other view, but one that is a route is.
    if (withoutAnchor(from) === withoutAnchor(to)) return;
    const isView = viewOf(from) !== viewOf(to);
    const attributes = { "url.full": to, "browser.navigation.type": type, "browser.navigation.same_document": true };
    moment(scope, "browser.navigation", attributes, isView ? Role.view : Role.none);
    // What was said of the view before.
    if (isView) scope.said[Of.view] = {};
  });
  const { navigation } = window as { navigation?: EventTarget };
  if (!navigation) return byHistory(scope, changed);
  let type = "push";
  listen(scope, navigation, "navigate", ({ navigationType }: NavigateEvent) => void (type = navigationType ?? type));
  // Comes when the address has changed, in the stack of whoever changed it.
  listen(scope, navigation, "currententrychange", ({ navigationType }: NavigateEvent) =>
    changed(navigationType ?? type),
  );
};

const byHistory = (scope: Scope, changed: (type: string) => void): void => {
  for (const name of ["pushState", "replaceState"] as const)
    patch(scope, history, name, (original) => (...args) => {
      original.apply(history, args);
      if (!scope.closed) changed(name.slice(0, -5));
    });
  listen(scope, window, "popstate hashchange", () => changed("traverse"));
};

// `#/cart` and `#!cart` are routes of old routers, `#reviews` is a place in the document.
const withoutAnchor = (address: string): string => address.replace(/^([^#]*)#(?![!/]).*/, "$1");

const viewOf = (address: string): string => withoutAnchor(address).replace(/\?[^#]*/, "");
