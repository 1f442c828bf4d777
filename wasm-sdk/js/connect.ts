// The way out of the page: the module and the journal, when the page has nothing better to do; without the module, JSON.
// And how a scope ends.

import { closeChannel } from "./channel";
import { mayStore } from "./consent";
import { safely } from "./guard";
import { hint } from "./hint";
import { whenIdleOrHidden } from "./idle";
import { openJournal } from "./journal";
import { flushNow, isHidden, open } from "./lifecycle";
import { listen } from "./listen";
import { loadModule } from "./load";
import { leave, sendOut, takeOver } from "./outgoing";
import { obey, policyName } from "./policy";
import { attach } from "./record";
import type { Scope } from "./scope";
import { Urgency } from "./send";
import { written } from "./storage";
import { lacksToken } from "./token";
import { post, rawTools } from "./unsealed";
import { isReady } from "./wasm";

/** Fetches the module when the page has nothing better to do, if the person has agreed. */
export const connectWhenIdle = (scope: Scope): void => {
  const { abandoned, consent, first } = scope;
  // What is not kept needs no way out. What a page before it kept and could not send may.
  if (scope.connected || consent !== "granted" || (abandoned && !first?.root && !first?.previousRoot)) return;
  scope.connected = true;
  // Now, because what a page that leaves has to ask for comes too late.
  lacksToken(scope);
  whenIdleOrHidden(() => {
    const failed = (error: unknown): Promise<void> => goOnWithout(scope, error);
    // If the person thinks it over meanwhile, it is tried again when they agree.
    const ended = (): void => void (scope.connected = !!(scope.sendOut ?? scope.sendIfAgreed));
    void connect(scope).catch(failed).then(ended);
  });
};

/** The page may end before there is another way. */
export const sendAtLast = (scope: Scope): void =>
  listen(scope, window, "pagehide", () => {
    if (!scope.sendOut) post(scope, true)?.answer.catch(() => {});
  });

const connect = async (scope: Scope): Promise<void> => {
  if (scope.consent !== "granted") return;
  const opened = mayStore(scope) ? openJournal(scope) : undefined;
  if (!opened) scope.ledger.journal = "none: not wanted";
  const module = await loadModule(scope.moduleUrl, scope.options.wasm !== false);
  await opened;
  if (written(scope.localStore, policyName(scope))) await obey(scope);
  if (scope.consent !== "granted") return;
  goOn(
    scope,
    (urgency) => isReady(scope) && sendOut(scope, urgency),
    () => attach(scope, module),
  );
  if (isReady(scope)) void takeOver(scope);
};

// Without the module nothing is compressed or kept, but what happens is still sent. If not even this can be fetched, it
// is when the page ends.
const goOnWithout = async (scope: Scope, error: unknown): Promise<void> => {
  hint(scope.options, "without its module events are sent as JSON and nothing is kept:", error);
  const raw = await import("./raw").catch(() => undefined);
  if (raw && scope.consent === "granted") goOn(scope, raw.goOnRaw(scope, rawTools()), () => {});
};

const goOn = (scope: Scope, send: (urgency: Urgency) => void, attach: () => void): void =>
  safely(() => {
    scope.undos.push(open(scope, send));
    attach();
    if (isHidden() || scope.closed) flushNow(scope, Urgency.hidden);
    else if (scope.flushWanted) flushNow(scope);
    // Shut down while it was loading: what was recorded before is sent, and nothing more.
    if (scope.closed) undoAll(scope);
    else if (!scope.abandoned) scope.whenIdle.splice(0).forEach(safely);
  });

/** Stops recording for good, sends what waits and takes back what was changed in the page. */
export const shutdown = (scope: Scope): void => {
  if (scope.closed) return;
  scope.closed = true;
  safely(flushNow, scope, Urgency.hidden);
  safely(leave, scope);
  undoAll(scope);
};

/** Takes back what was changed in the page. */
export const undoAll = (scope: Scope): void => {
  scope.undos.splice(0).reverse().forEach(safely);
  closeChannel(scope);
};
