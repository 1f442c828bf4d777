// Fetched when the module cannot be: what was recorded is posted as it is, as JSON, which step 5 decodes too, again
// and again until it is acknowledged.

import type { Call } from "./event";
import type { Scope } from "./scope";
import type { RawTools } from "./unsealed";

/** Urgencies that outlive the page, or do not wait; no constants of other files, whose code would come along. */
const SOON = 0;
const LEAVING = 2;

/** `Role`s that later events refer to. */
const PAGE_LOAD = 1;
const VIEW = 2;
const MARK = 8;

/** Goes on without the module. Returns what sends. */
export const goOnRaw = (
  scope: Scope,
  { backOff, count, giveUp, monotonicNow, plainTimeout, post }: RawTools,
): ((urgency: number) => void) => {
  let [underWay, notBefore, failures] = [false, 0, 0];
  let timer: number | undefined;

  // The same may have been posted twice, as the page's last word; and the module may have come meanwhile.
  const settle = async (keepalive: boolean): Promise<void> => {
    const posted = post(scope, keepalive);
    if (!posted) return;
    const { answer, calls, events, number, told } = posted;
    underWay = true;
    try {
      const response = await answer;
      const said = (await response.json().catch(() => undefined)) as { weft?: unknown; number?: unknown } | undefined;
      const isDone = response.status === 200 && said?.weft === "ack" && said.number === number;
      if (!isDone && response.headers.get("weft-refused") !== "final") throw new Error();
      failures = scope.failures = 0;
      if (number === scope.nextBatch && !scope.module && !scope.abandoned) {
        scope.nextBatch++;
        scope.calls.unshift(...stillNeeded(scope.calls.splice(0, calls)));
        if (isDone) {
          scope.ledger.acknowledged += events;
          for (const [reason, events] of Object.entries(told))
            if (count(scope.untold, reason, -events) <= 0) delete scope.untold[reason];
        } else giveUp(scope, `refused_${response.status}`, events);
      }
    } catch {
      scope.ledger.failures++;
      notBefore = monotonicNow() + backOff(failures++);
    }
    underWay = false;
    for (const settled of scope.onSettled) settled();
    send(SOON);
  };

  const send = (urgency: number): void => {
    clearTimeout(timer);
    // What waits for a token waits in the scope.
    const wait = Math.max(notBefore, scope.notBefore) - monotonicNow();
    const waits = scope.calls.some(([what]) => what === "finish");
    if (urgency === LEAVING) void settle(true);
    else if (waits && wait > 0) timer = plainTimeout(() => send(SOON), wait);
    else if (waits && !underWay) void settle(urgency !== SOON);
  };
  return send;
};

// Session, page load, view and last root, which later events refer to, and what has not ended.
const stillNeeded = (calls: Call[]): Call[] => {
  const over = new Set(
    calls.flatMap((call) => (call[0] === "finish" ? [call[1].number] : call[0] === "cancel" ? [call[1]] : [])),
  );
  const session = calls.findLast((call) => call[0] === "session");
  const view = calls.findLast((call) => call[0] === "begin" && call[1].role === VIEW);
  const root = calls.findLast((call) => call[0] === "begin" && call[1].parent < 0 && call[1].role !== MARK);
  return calls.filter((call) => {
    if (call[0] === "session") return call === session;
    if (call[0] === "finish" || call[0] === "cancel") return false;
    const isPageLoad = call[0] === "begin" && call[1].role === PAGE_LOAD;
    return isPageLoad || call === view || call === root || !over.has(call[1].number);
  });
};
