// Listeners that are taken back at shutdown, and never throw into the page.

import { guarded } from "./guard";
import type { Scope } from "./scope";

/** Hears an event until the scope is shut down, before the page does if it is to. */
export const listen = <Heard extends Event>(
  scope: Scope,
  target: EventTarget,
  types: string,
  heard: (event: Heard) => void,
  options: AddEventListenerOptions = {},
): void => {
  const listener = guarded(heard) as (event: Event) => void;
  for (const type of types.split(" ")) {
    target.addEventListener(type, listener, options);
    scope.undos.push(() => target.removeEventListener(type, listener, options));
  }
};

/** First, and without keeping the page from scrolling. */
export const FIRST = { capture: true, passive: true };
