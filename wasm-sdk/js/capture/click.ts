// Clicks of a person. The element is named by what its author gave it, never by its text.

import { at } from "../clock";
import { guarded } from "../guard";
import { finish, role, start } from "../record";

const NAMED = "[data-weft],[data-testid],[role],[id],a,button,input,select,summary,label";

/** Numbers inside an id mean that it was generated. */
const STABLE_ID = /^[a-z][a-z_-]*$/i;

const nameOf = (element: Element): string | undefined => {
  const attribute = (name: string): string | null => element.getAttribute(name);
  const id = STABLE_ID.test(element.id) ? element.id : null;
  return attribute("data-weft") ?? attribute("data-testid") ?? attribute("role") ?? id ?? undefined;
};

// The click that is being dispatched. Its time and not the event itself: an event would hold on to its element.
let current: { timeStamp: number; number: number } | undefined;

/** Number of the interaction in whose dispatch this code runs; -1: none. Certain, nothing is guessed. */
export const dispatching = (): number => {
  const event = window.event;
  return event?.type === "click" && event.timeStamp === current?.timeStamp ? current.number : -1;
};

const clicked = guarded((event: MouseEvent): void => {
  // A click on a label is followed by one on its control, made by the browser at the same time: one press.
  if (!event.isTrusted || event.timeStamp === current?.timeStamp) return;
  const click = start(role.interaction, at(event.timeStamp));
  current = { timeStamp: event.timeStamp, number: click.number };
  const target = event.target instanceof Element ? event.target : undefined;
  const element = target?.closest(NAMED) ?? target;
  finish(click, 0, "browser.user_action.click", {
    "app.widget.id": element && nameOf(element),
    "browser.tag_name": element?.tagName,
    "url.full": location.href,
  });
});

export const captureClicks = (): (() => void) => {
  const options = { capture: true, passive: true };
  addEventListener("click", clicked, options);
  return () => removeEventListener("click", clicked, options);
};
