// The module must not compete with what the page needs first.

import { guarded } from "./guard";
import { plainTimeout } from "./plain";

/** ms after which the module is fetched even if the page is still busy. */
const LOAD_AT_LATEST = 5_000;

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
  const latest = plainTimeout(once, LOAD_AT_LATEST);
  const idle = (): void => {
    if (typeof requestIdleCallback === "function") requestIdleCallback(once);
    else plainTimeout(once, 0);
  };
  document.addEventListener("visibilitychange", once);
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
};
