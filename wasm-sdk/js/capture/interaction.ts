// What a person does: clicks, submits, key presses on controls.

import { interacted } from "../causes";
import { at } from "../clock";
import { Role } from "../event";
import { FIRST, listen } from "../listen";
import { finish, start } from "../record";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";
import { controlOf, describe } from "./element";

// A press of Enter makes a click and a submit, a click on a label one on its control, all with the time of the first.
let current = -1;

const tell = (
  scope: Scope,
  { isTrusted, timeStamp }: Event,
  name: string,
  element: Element | undefined,
  more?: Attributes,
): void => {
  // Made by a script, or made by the browser for the one before: not what a person did.
  if (!isTrusted || timeStamp === current) return;
  current = timeStamp;
  const started = start(scope, Role.interaction, { moment: at(timeStamp) });
  interacted(started.number, timeStamp);
  const attributes = { ...describe(element, scope.options.labels), ...more, "url.full": location.href };
  finish(scope, started, `browser.user_action.${name}`, attributes);
};

export const captureClicks = (scope: Scope): void => {
  let last: { control: WeakRef<Element> | undefined; x: number; y: number } | undefined;
  listen(
    scope,
    window,
    "click",
    (event: MouseEvent) => {
      const { screenX: x, screenY: y, target } = event;
      // A press on a label is followed by one on its control, at the same place, which Firefox gives a time of its own.
      const again = last?.x === x && last.y === y && last.control?.deref() === target;
      const control = target instanceof Element ? target.closest("label")?.control : undefined;
      last = { control: control && control !== target ? new WeakRef(control) : undefined, x, y };
      if (!again) tell(scope, event, "click", controlOf(target));
    },
    FIRST,
  );
};

export const captureSubmits = (scope: Scope): void =>
  listen(
    scope,
    window,
    "submit",
    (event) => tell(scope, event, "submit", event.target instanceof Element ? event.target : undefined),
    FIRST,
  );

/** Keys that do something to a control; what is typed is nobody's business. */
const KEYS = /^(Enter|Escape| |Arrow(Up|Down|Left|Right))$/;

const PRESSED =
  "a,button,summary,[role=button],input:is([type=button],[type=submit],[type=reset],[type=checkbox],[type=radio])";
const WRITTEN =
  "textarea,[contenteditable],input:not([type=range],[type=radio],[type=checkbox],[type=button],[type=submit])";

export const captureKeys = (scope: Scope): void =>
  listen(
    scope,
    window,
    "keydown",
    (event: KeyboardEvent) => {
      const { key, repeat, target } = event;
      const element = controlOf(target);
      if (repeat || !KEYS.test(key) || !element || element === document.body) return;
      // These make a click, which is told; in a text, keys are typing.
      if (/^( |Enter)$/.test(key) && element.matches(PRESSED)) return;
      if (/^( |A)/.test(key) && element.matches(WRITTEN)) return;
      tell(scope, event, "key", element, { "browser.key": key === " " ? "Space" : key });
    },
    FIRST,
  );
