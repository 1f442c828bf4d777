// What a person does: clicks, submits, key presses on controls.

import { interacted } from "../causes";
import { at } from "../clock";
import { guarded } from "../guard";
import { role } from "../event";
import type { Scope } from "../scope";
import { controlOf, describe } from "./element";

const OPTIONS = { capture: true, passive: true };

// A press of Enter makes a click and a submit, a click on a label one on its control, all with the time of the first.
let current = -1;

const begin = (
  { recorder, options }: Scope,
  event: Event,
  name: string,
  element: Element | undefined,
  more: Record<string, string> = {},
): void => {
  // Made by a script, or made by the browser for the one before: not what a person did.
  if (!event.isTrusted || event.timeStamp === current) return;
  current = event.timeStamp;
  const started = recorder.start(role.interaction, { moment: at(event.timeStamp) });
  interacted(started.number, event.timeStamp);
  const attributes = { ...describe(element, options.labels), ...more, "url.full": location.href };
  recorder.finish(started, { duration: 0, name, attributes });
};

const listen = (type: string, heard: (event: Event) => void): (() => void) => {
  const listener = guarded(heard);
  addEventListener(type, listener, OPTIONS);
  return () => removeEventListener(type, listener, OPTIONS);
};

export const captureClicks = (scope: Scope): (() => void) =>
  listen("click", (event) => begin(scope, event, "browser.user_action.click", controlOf(event.target)));

export const captureSubmits = (scope: Scope): (() => void) =>
  listen("submit", (event) => {
    const form = event.target instanceof Element ? event.target : undefined;
    begin(scope, event, "browser.user_action.submit", form);
  });

/** Keys that do something to a control; what is typed is nobody's business. */
const KEYS = new Set(["Enter", "Escape", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

const PRESSED =
  "a,button,summary,[role=button],input:is([type=button],[type=submit],[type=reset],[type=checkbox],[type=radio])";
const WRITTEN =
  "textarea,[contenteditable],input:not([type=range],[type=radio],[type=checkbox],[type=button],[type=submit])";

export const captureKeys = (scope: Scope): (() => void) =>
  listen("keydown", (event) => {
    const { key, repeat } = event as KeyboardEvent;
    const element = controlOf(event.target);
    if (repeat || !KEYS.has(key) || !element || element === document.body) return;
    // These make a click, which is told; in a text, keys are typing.
    const presses = (key === "Enter" || key === " ") && element.matches(PRESSED);
    if (presses || (key !== "Enter" && key !== "Escape" && element.matches(WRITTEN))) return;
    begin(scope, event, "browser.user_action.key", element, { "browser.key": key === " " ? "Space" : key });
  });
