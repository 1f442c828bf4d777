// What the person has agreed to, here or in another tab. Refusing erases everything that was kept, here and, for its
// session, at the collector.

import { forgetTrail, saveTrail } from "./arrival";
import type { Consent } from "./channel";
import { connectWhenIdle, undoAll } from "./connect";
import { askToErase } from "./erase";
import { safely } from "./guard";
import { eraseJournal } from "./journal";
import { flushNow, sealNow } from "./lifecycle";
import { takeOver } from "./outgoing";
import { policyName } from "./policy";
import { abandon, catchUp } from "./record";
import type { Scope } from "./scope";
import { forgetQueue } from "./send";
import { forgetSession, keepSession, sessionThere } from "./session";
import { forget, localStore, tabStore } from "./storage";
import { isReady } from "./wasm";

/** Whether anything may be kept in this browser. */
export const mayStore = ({ consent, options }: Scope): boolean => consent === "granted" && options.storage !== "memory";

export const storeIfAllowed = (scope: Scope): void => {
  if (mayStore(scope)) lookAtStorage(scope);
};

const lookAtStorage = (scope: Scope): void => {
  scope.localStore = localStore();
  scope.tabStore = tabStore();
};

/** The person has decided here: all tabs hear it. */
export const tellConsent = (scope: Scope, consent: Consent): void => {
  scope.decisions?.postMessage(consent);
  hearConsent(scope, consent);
};

/** The person has decided, here or in another tab. */
export const hearConsent = (scope: Scope, consent: Consent): void => {
  const wasGranted = scope.consent === "granted";
  if (consent === scope.consent || scope.closed) return;
  // What was recorded until now was agreed to: it is sealed and kept, and goes out if the person agrees again.
  if (consent === "pending" && wasGranted) safely(sealNow, scope);
  scope.consent = consent;
  if (consent === "granted") goOn(scope);
  else if (consent === "pending") pause(scope);
  else withdraw(scope, wasGranted || scope.sendIfAgreed !== undefined);
};

// The person thinks it over: from here on what happens waits in memory, as it does until they agree for the first time.
const pause = (scope: Scope): void => {
  scope.sendIfAgreed = scope.sendOut;
  scope.sendOut = scope.localStore = scope.tabStore = undefined;
};

const goOn = (scope: Scope): void => {
  storeIfAllowed(scope);
  keepSession(scope, scope.sendIfAgreed !== undefined);
  saveTrail(scope);
  if (!scope.begun) return scope.begin?.();
  connectWhenIdle(scope);
  if (!scope.sendIfAgreed) return;
  scope.sendOut = scope.sendIfAgreed;
  scope.sendIfAgreed = undefined;
  catchUp(scope);
  flushNow(scope);
  if (isReady(scope)) void takeOver(scope);
};

const withdraw = (scope: Scope, hadAgreed: boolean): void => {
  // An earlier page may have been allowed to keep what this one was not even allowed to look at.
  lookAtStorage(scope);
  const known = sessionThere(scope) ?? (hadAgreed ? scope.mySession : undefined);
  scope.closed = true;
  clearTimeout(scope.lookAgain);
  safely(forgetQueue, scope, "consent_withdrawn");
  safely(abandon, scope, "consent_withdrawn");
  undoAll(scope);
  forgetSession(scope);
  forgetTrail(scope);
  forget(scope.localStore, policyName(scope));
  scope.localStore = scope.tabStore = undefined;
  if (!known) return;
  if (scope.options.storage !== "memory") eraseJournal(scope);
  askToErase(scope, known.id);
};
