// What a person does: clicks, submits, key presses on controls. Rage clicks (several on one element in a second) and
// dead clicks (nothing happened after them) are told as marks that are linked to the click.

import { interacted } from "../causes";
import { at, monotonicNow } from "../clock";
import { guarded } from "../guard";
import { plainTimeout } from "../plain";
import { role, type Started } from "../record";
import type { Scope } from "../scope";
import { controlOf, describe } from "./element";

/** Clicks on one element within so many ms that mean impatience. */
const RAGE_CLICKS = 3;
const RAGE_WITHIN = 1_000;

/** ms after a click on a control within which something should have happened. */
const DEAD_AFTER = 1_500;

const OPTIONS = { capture: true, passive: true };

// A press of Enter makes a click and a submit, a click on a label one on its control, all with the time of the first.
let current = -1;

const begin = ({ recorder, options }: Scope, event: Event, name: string, element: Element | undefined, more: Record<string, string | undefined> = {}): Started | undefined => {
  // Made by a script, or made by the browser for the one before: not what a person did.
  if (!event.isTrusted || event.timeStamp === current) return undefined;
  current = event.timeStamp;
  const started = recorder.start(role.interaction, { moment: at(event.timeStamp) });
  interacted(started.number, event.timeStamp);
  const attributes = { ...describe(element, options.labels), ...more, "url.full": location.href };
  recorder.finish(started, { duration: 0, name, attributes });
  return started;
};

const listen = (type: string, heard: (event: Event) => void): (() => void) => {
  const listener = guarded(heard);
  addEventListener(type, listener, OPTIONS);
  return () => removeEventListener(type, listener, OPTIONS);
};

export const captureClicks = (scope: Scope): (() => void) => {
  const judge = new Judge(scope);
  const undo = listen("click", (event) => {
    const element = controlOf(event.target);
    const click = begin(scope, event, "browser.user_action.click", element);
    if (click) judge.clicked(click, element);
  });
  return () => {
    undo();
    judge.stop();
  };
};

export const captureSubmits = (scope: Scope): (() => void) =>
  listen("submit", (event) => {
    const form = event.target instanceof Element ? event.target : undefined;
    begin(scope, event, "browser.user_action.submit", form);
  });

/** Keys that do something to a control; what is typed is nobody's business. */
const KEYS = new Set(["Enter", "Escape", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);

const PRESSED = "a,button,summary,[role=button],input:is([type=button],[type=submit],[type=reset],[type=checkbox],[type=radio])";
const WRITTEN = "textarea,[contenteditable],input:not([type=range],[type=radio],[type=checkbox],[type=button],[type=submit])";

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

/** Tells clicks that show that something is wrong. Holds no element: what was pressed is known by its name and place. */
class Judge {
  private readonly recent: { where: string; time: number }[] = [];
  private raged = "";
  private changes = 0;
  private readonly observer = typeof MutationObserver === "function" ? new MutationObserver(() => this.changes++) : undefined;
  private waiting: number | undefined;

  constructor(private readonly scope: Scope) {}

  clicked(click: Started, element: Element | undefined): void {
    const where = element ? `${element.tagName} ${element.id} ${element.getAttribute("data-weft") ?? ""}` : "";
    const time = monotonicNow();
    while (this.recent[0] && time - this.recent[0].time > RAGE_WITHIN) this.recent.shift();
    this.recent.push({ where, time });
    const same = this.recent.filter((other) => other.where === where).length;
    if (same < RAGE_CLICKS) this.raged = "";
    else if (this.raged !== where) {
      this.raged = where;
      this.tell("browser.user_action.rage_click", click, { "browser.click_count": same });
    }
    if (element?.matches("button,[role=button],summary")) this.waitForLife(click);
  }

  stop(): void {
    this.observer?.disconnect();
    clearTimeout(this.waiting);
  }

  // Dead: no change of the document, no request, no navigation, nothing recorded. The observer lives only as long as
  // a click waits for its effect.
  private waitForLife(click: Started): void {
    if (!this.observer || this.waiting !== undefined) return;
    const [before, address] = [this.scope.recorder.nextNumber, location.href];
    this.changes = 0;
    this.observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    this.waiting = plainTimeout(
      guarded(() => {
        this.waiting = undefined;
        this.changes += this.observer?.takeRecords().length ?? 0;
        this.observer?.disconnect();
        const alive = this.changes > 0 || this.scope.recorder.nextNumber !== before || location.href !== address;
        if (!alive && document.visibilityState === "visible") this.tell("browser.user_action.dead_click", click, {});
      }),
      DEAD_AFTER,
    );
  }

  private tell(name: string, click: Started, attributes: Record<string, number>): void {
    this.scope.recorder.moment(name, attributes, role.mark, { cause: { number: click.number, inferred: false } });
  }
}
