// The module must not compete with what the page needs first.

import { guarded } from "./guard";
import { plainTimeout } from "./plain";

const enum Limit {
  /** ms after which the module is fetched even if the page is still busy. */
  loadAtLatest = 5_000,
}

/** Does `work` at the first of: loaded and idle, hidden, five seconds. */
export const whenIdleOrHidden = (work: () => void): void => {
  let done = false;
  const once = guarded(() => {
    if (done) return;
    done = true;
    document.removeEventListener("visibilitychange", once);
    clearTimeout(latest);
    work();
  });
  const latest = plainTimeout(once, Limit.loadAtLatest);
  // Safari has no requestIdleCallback.
  const idle = (): unknown =>
    (window.requestIdleCallback as unknown) ? requestIdleCallback(once) : plainTimeout(once, 0);
  document.addEventListener("visibilitychange", once);
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
};
