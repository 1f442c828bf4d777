// Somebody has withdrawn consent: the collector is asked to forget their session until it says that it has, or that it
// never will. Nothing of that is stored, so it ends with the page.

import { guarded } from "./guard";
import { plainTimeout } from "./plain";
import type { Scope } from "./scope";
import { backOff, request } from "./send";
import { lacksToken } from "./token";

/** Asks for it. */
export const askToErase = (scope: Scope, session: string, failures = 0): void => {
  const again = (seconds = 0): void => {
    const ask = guarded(() => askToErase(scope, session, failures + 1));
    plainTimeout(ask, Math.max(backOff(failures), seconds * 1_000));
  };
  const heard = ({ ok, headers }: Response): void => {
    if (!ok && headers.get("weft-refused") !== "final") again(Number(headers.get("retry-after")) || 0);
  };
  if (lacksToken(scope)) return again();
  void request(scope, "", 0, true, `&erase=${session}`).then(heard, () => again());
};
