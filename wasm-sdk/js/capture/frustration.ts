// Clicks that show that something is wrong: rage clicks (several on one element in a second) and dead clicks (nothing
// happened after them), told as marks that are linked to the click.

import { causeNow } from "../causes";
import { monotonicNow } from "../clock";
import { Role, type Cause } from "../event";
import { guarded } from "../guard";
import { isHidden } from "../lifecycle";
import { FIRST, listen } from "../listen";
import { plainTimeout } from "../plain";
import { moment } from "../record";
import type { Scope } from "../scope";
import { controlOf } from "./element";

const enum Limit {
  /** Clicks on one element within so many ms that mean impatience. */
  rageClicks = 3,
  rageWithin = 1_000,
  /** ms after a click on a control within which something should have happened. */
  deadAfter = 1_500,
}

/** Begins to capture. Needs `captureClicks` before it. Holds no element: what was pressed is known by its name. */
export const captureFrustration = (scope: Scope): void => {
  let recent: { where: string; time: number }[] = [];
  let raged = "";
  const wait = watchForLife(scope);
  listen(
    scope,
    window,
    "click",
    ({ isTrusted, target }) => {
      const cause = isTrusted ? causeNow() : undefined;
      if (!cause || cause.inferred) return;
      const element = controlOf(target);
      const where = element ? `${element.tagName} ${element.id} ${element.getAttribute("data-weft") ?? ""}` : "";
      const time = monotonicNow();
      recent = [...recent.filter((click) => time - click.time <= Limit.rageWithin), { where, time }];
      const same = recent.filter((click) => click.where === where).length;
      if (same < Limit.rageClicks) raged = "";
      else if (raged !== where) {
        raged = where;
        tell(scope, "rage_click", cause, { "browser.click_count": same });
      }
      if (element?.matches("button,[role=button],summary")) wait(cause);
    },
    FIRST,
  );
};

const tell = (scope: Scope, name: string, cause: Cause, attributes: Record<string, number>): void =>
  void moment(scope, `browser.user_action.${name}`, attributes, Role.mark, { cause });

// Dead: no change of the document, no request, no navigation, nothing recorded. The observer lives only as long as
// a click waits for its effect.
const watchForLife = (scope: Scope): ((cause: Cause) => void) => {
  let waiting: number | undefined;
  let changes = 0;
  const observer = new MutationObserver(() => changes++);
  scope.undos.push(() => {
    observer.disconnect();
    clearTimeout(waiting);
  });
  return (cause) => {
    if (waiting !== undefined) return;
    const [{ roots }, { href }] = [scope, location];
    changes = 0;
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    const judge = guarded(() => {
      waiting = undefined;
      changes += observer.takeRecords().length;
      observer.disconnect();
      const alive = changes > 0 || scope.roots !== roots || location.href !== href || isHidden();
      if (!alive) tell(scope, "dead_click", cause, {});
    });
    waiting = plainTimeout(judge, Limit.deadAfter);
  };
};
