// Clicks that show that something is wrong: rage clicks (several on one element in a second) and dead clicks (nothing
// happened after them), told as marks that are linked to the click.

import { causeNow } from "../causes";
import { monotonicNow } from "../clock";
import { guarded } from "../guard";
import { plainTimeout } from "../plain";
import { role, type Cause } from "../event";
import type { Scope } from "../scope";
import { controlOf } from "./element";

/** Clicks on one element within so many ms that mean impatience. */
const RAGE_CLICKS = 3;
const RAGE_WITHIN = 1_000;

/** ms after a click on a control within which something should have happened. */
const DEAD_AFTER = 1_500;

/** Begins to capture. Needs `captureClicks` before it. Returns what undoes it. */
export const captureFrustration = (scope: Scope): (() => void) => {
  const judge = new Judge(scope);
  const clicked = guarded((event: Event) => {
    const click = event.isTrusted ? causeNow() : undefined;
    if (click && !click.inferred) judge.clicked(click, controlOf(event.target));
  });
  const options = { capture: true, passive: true };
  addEventListener("click", clicked, options);
  return () => {
    removeEventListener("click", clicked, options);
    judge.stop();
  };
};

/** Tells clicks that show that something is wrong. Holds no element: what was pressed is known by its name and place. */
class Judge {
  private readonly recent: { where: string; time: number }[] = [];
  private raged = "";
  private changes = 0;
  private readonly observer =
    typeof MutationObserver === "function" ? new MutationObserver(() => this.changes++) : undefined;
  private waiting: number | undefined;

  constructor(private readonly scope: Scope) {}

  clicked(click: Cause, element: Element | undefined): void {
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
  private waitForLife(click: Cause): void {
    if (!this.observer || this.waiting !== undefined) return;
    const [before, address] = [this.scope.recorder.roots, location.href];
    this.changes = 0;
    this.observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    this.waiting = plainTimeout(
      guarded(() => {
        this.waiting = undefined;
        this.changes += this.observer?.takeRecords().length ?? 0;
        this.observer?.disconnect();
        const alive = this.changes > 0 || this.scope.recorder.roots !== before || location.href !== address;
        if (!alive && document.visibilityState === "visible") this.tell("browser.user_action.dead_click", click, {});
      }),
      DEAD_AFTER,
    );
  }

  private tell(name: string, click: Cause, attributes: Record<string, number>): void {
    this.scope.recorder.moment(name, attributes, role.mark, { cause: click });
  }
}
