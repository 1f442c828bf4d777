// Which sessions are kept: OpenTelemetry's consistent probability sampling (`rv` and `th` in tracestate). The stub decides
// by it too.

import type { Session } from "./session";

/**
 * Whether what was drawn is kept at its rate, and what tracestate says of that: only of what is kept the threshold, as
 * whoever drops knows no probability with which it would have been kept.
 */
export const decisionOf = ({ randomness, rate = 1 }: Pick<Session, "randomness" | "rate">): [boolean, string] => {
  // To 24 bits, behind a one: so they compare as texts, and a rate of 0 is beyond all that can be drawn.
  const threshold = Math.round((2 - rate) * 2 ** 24)
    .toString(16)
    .replace(/0+$/, "");
  const kept = "1" + randomness >= threshold;
  return [kept, `ot=${kept ? `th:${threshold.slice(1) || 0};` : ""}rv:${randomness}`];
};
