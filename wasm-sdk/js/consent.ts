// What the person has agreed to, here or in another tab. Refusing erases everything that was kept, here and, for its
// session, at the collector.

import { forgetTrail, saveTrail } from "./arrival";
import { say, type Consent } from "./channel";
import { wallNow } from "./clock";
import { connectWhenIdle, undoAll } from "./connect";
import { askToErase } from "./erase";
import { eraseJournal } from "./journal";
import { abandon } from "./record";
import type { Scope } from "./scope";
import { forgetQueue } from "./send";
import { forgetSession, keepSession, sessionAt } from "./session";
import { localStore, tabStore } from "./storage";

/** Whether anything may be kept in this browser. */
export const mayStore = ({ consent, options }: Scope): boolean => consent === "granted" && options.storage !== "memory";

export const storeIfAllowed = (scope: Scope): void => {
  if (!mayStore(scope)) return;
  scope.localStore = localStore();
  scope.tabStore = tabStore();
};

/** The person has decided here: all tabs hear it. */
export const tellConsent = (scope: Scope, consent: Consent): void => {
  say(scope, { weft: "consent", key: scope.options.key, consent });
  hearConsent(scope, consent);
};

/** The person has decided, here or in another tab. */
export const hearConsent = (scope: Scope, consent: Consent): void => {
  const was = scope.consent;
  if (consent === was || scope.closed) return;
  scope.consent = consent;
  if (consent === "denied") return withdraw(scope, was === "granted");
  if (consent === "pending") return;
  storeIfAllowed(scope);
  keepSession(scope);
  saveTrail(scope);
  if (scope.begun) connectWhenIdle(scope);
  else scope.begin?.();
};

const withdraw = (scope: Scope, wasGranted: boolean): void => {
  const { id } = sessionAt(scope, wallNow());
  scope.closed = true;
  clearTimeout(scope.lookAgain);
  forgetQueue(scope, "consent_withdrawn");
  abandon(scope, "consent_withdrawn");
  undoAll(scope);
  forgetSession(scope);
  forgetTrail(scope);
  if (!wasGranted) return;
  if (scope.options.storage !== "memory") eraseJournal(scope);
  askToErase(scope, id);
};
