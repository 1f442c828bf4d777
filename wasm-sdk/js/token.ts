// What a collector may want to see beside the public key: a token that lives for minutes, which the app's function knows.
// It is kept in memory only, and nothing is sent while it is not known.

import { monotonicNow } from "./clock";
import { hint } from "./hint";
import type { Scope } from "./scope";
import { retry, Urgency } from "./send";

const enum Limit {
  /** ms until the app's function is taken for stuck, and called again when something is to be sent. */
  patience = 45_000,
}

/** Whether requests need a token that is not known. Then it is asked for, and what waits is sent when it is there. */
export const lacksToken = (scope: Scope): boolean => {
  const { options, tokenQuery, tokenDue } = scope;
  if (!options.token || tokenQuery) return false;
  if (tokenDue < monotonicNow()) void ask(scope, options.token);
  return true;
};

const ask = async (scope: Scope, give: () => string | Promise<string>): Promise<void> => {
  scope.tokenDue = monotonicNow() + Limit.patience;
  try {
    scope.tokenQuery = "&token=" + encodeURIComponent(await give());
  } catch (error) {
    hint(scope.options, "no token:", error);
    retry(scope, 0);
  }
  scope.tokenDue = 0;
  scope.sendOut?.(Urgency.soon);
};
