// Soft navigations as the browser sees them (Chromium, where it is switched on): what it takes for a new view is told
// with its time, linked to the route that began it by `previous`.

import { at } from "../clock";
import { Role } from "../event";
import { finish, start } from "../record";
import type { Scope } from "../scope";
import { observe } from "./observe";

/** Begins to capture. */
export const captureSoftNavigations = (scope: Scope): void =>
  observe(scope, "soft-navigation", ({ startTime, duration, name }) => {
    const event = start(scope, Role.mark, { moment: at(startTime), cause: null });
    finish(scope, event, "browser.soft_navigation", { "url.full": name }, duration);
  });
