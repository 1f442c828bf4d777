// Between the module and the network: what is sealed is kept in the journal, queued and sent; what other pages left
// is taken over.

import { closeChannel, openChannel, whoLives } from "./channel";
import { inWords, wallNow } from "./clock";
import { endWell, endedWell, notEnded } from "./ended";
import { guarded, safely } from "./guard";
import { hint } from "./hint";
import { idsOf, unhex } from "./ids";
import { answered, checksum, endPage, keepPage, remove, reviveJournal, stores } from "./journal";
import type { StoredBatch, StoredPage } from "./journal";
import { plainTimeout } from "./plain";
import { abandon, giveUp, moment, tell } from "./record";
import type { Ready, Scope } from "./scope";
import { add, send, sendAgain, Urgency } from "./send";
import { saveSession } from "./session";
import { answerOf, ask, isReady, PageState, sealed, type Sealed } from "./wasm";

/** Seals the `events` that wait, so that they can be sent; `leaving`: there may be no time for anything else. */
export const seal = (scope: Ready, events: number, state: PageState, leaving: boolean): void => {
  reviveJournal(scope);
  const wall = wallNow();
  const made = sealed(scope.module, "seal", wall, state);
  if (!made) return;
  const number = scope.nextBatch++;
  const batch = asStored(scope, made, number, events, wall);
  const keep = (): void => {
    if (scope.db) keepPage(scope, recordOf(scope, wall, state, 0), batch);
  };
  // Before it is sent: whoever acknowledges it must not find it still to be written. But Firefox may end a page that is
  // closed in the middle of `pagehide`, and there a request goes further than a transaction.
  if (leaving) scope.afterSending.push(keep);
  // A journal that fails costs the batch its copy, not the batch.
  else safely(keep);
  add(scope, { ...batch, seed: scope.seed, own: true });
};

/** Keeps the `events` that wait, unsealed, in the journal. */
export const keep = (scope: Scope, events: number, state: PageState): void => {
  if (!isReady(scope) || !scope.sendOut || scope.abandoned) return;
  reviveJournal(scope);
  if (scope.db) keepPage(scope, recordOf(scope, wallNow(), state, events));
};

export const sendOut = (scope: Ready, urgency: Urgency): void => {
  send(scope, urgency);
  scope.afterSending.splice(0).forEach(safely);
  if (urgency !== Urgency.soon) saveSession(scope);
};

/** The page is about to go away, for good or into the back/forward cache. */
export const leave = (scope: Scope): void => {
  if (!scope.module) return;
  // In the back/forward cache it is as good as gone: the browser may throw it away without a word.
  if (scope.db && !scope.sendIfAgreed) endWell(scope.ids);
  endPage(scope);
  closeChannel(scope);
};

/** It came back from there. */
export const comeBack = (scope: Scope): void => {
  if (!isReady(scope)) return;
  notEnded(scope.ids);
  openChannel(scope);
  keep(scope, 0, PageState.visible);
  sendAgain(scope);
};

const asStored = (scope: Scope, made: Sealed, number: number, events: number, wall: number): StoredBatch => {
  const { page, url: to } = scope;
  const id = `${page}.${number}.${made.digest}`;
  return { ...made, id, page, to, number, events, wall, sum: checksum(made.body) };
};

// The page as it is now, with what it has not sealed.
const recordOf = (scope: Ready, wall: number, state: PageState, events: number): StoredPage => {
  const { page, url: to } = scope;
  const made = sealed(scope.module, "tail", wall, PageState.gone);
  return { page, to, wall, state, ...(made && { tail: asStored(scope, made, scope.nextBatch, events, wall) }) };
};

/** What the parts that are fetched only if there is something to take over, or a policy, need of this one. */
export const tools = () => ({
  abandon,
  add,
  answerOf,
  answered,
  ask,
  checksum,
  endedWell,
  giveUp,
  hint,
  idsOf,
  inWords,
  moment,
  remove,
  send,
  tell,
  stores,
  unhex,
  wallNow,
  whoLives,
});

export type Tools = ReturnType<typeof tools>;

/** Sends what pages that are gone left behind, and what this one keeps in the journal alone. */
export const takeOver = async (scope: Ready): Promise<void> => {
  if (!scope.db || !scope.sendOut || scope.takesOver) return;
  scope.takesOver = true;
  try {
    const [, ...both] = stores(scope.db, "readonly");
    const keys = await Promise.all(both.map((store) => answered(store.getAllKeys())));
    if (scope.evicted.size > 0 || keys.flat().some((key) => !String(key).startsWith(scope.page))) {
      const { replay } = await import("./replay");
      const again = await replay(scope, tools());
      if (again !== undefined)
        scope.lookAgain = plainTimeout(
          guarded(() => void takeOver(scope)),
          again,
        );
    }
  } catch {
    // What cannot be taken over stays in the journal, for the next page.
    scope.ledger.journalErrors++;
  }
  scope.takesOver = false;
};
