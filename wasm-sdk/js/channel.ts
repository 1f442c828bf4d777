// What the pages of one origin tell each other: who is still alive, and what the person consented to.
//
// A page that gets a message while it is in the back/forward cache is thrown out of it. So the channel is closed whenever the
// page is put away, and opened again when it comes back; but not that of decisions: who has decided meanwhile shall not come
// back to a page that does not know.

import { attempt, guarded } from "./guard";
import { plainTimeout } from "./plain";
import { hearConsent } from "./consent";
import type { Scope } from "./scope";

export type Consent = "pending" | "granted" | "denied";

type Message = { weft: "ask"; pages: string[] } | { weft: "alive"; page: string };

const enum Limit {
  /** ms in which a page that lives answers, even if it is busy. */
  patience = 1_000,
  /** Pages that are asked for at once. */
  maxAsked = 256,
}

export const openChannel = (scope: Scope): void => {
  // Refused in an opaque origin: then there is nobody to talk to.
  scope.channel ??= attempt(() => new BroadcastChannel("weft"));
  if (scope.channel) scope.channel.onmessage = guarded(({ data }) => hear(scope, data as Partial<Message>));
};

export const closeChannel = (scope: Scope): void => {
  scope.channel?.close();
  scope.channel = undefined;
};

/** Opens that of decisions. */
export const hearDecisions = (scope: Scope): void => {
  const channel = attempt(() => new BroadcastChannel(`weft.consent.${scope.options.key}`));
  if (!channel) return;
  channel.onmessage = guarded(({ data }) => hearConsent(scope, data as Consent));
  scope.decisions = channel;
  scope.undos.push(() => channel.close());
};

/** Tells the other tabs. */
const say = ({ channel }: Scope, message: Message): void => channel?.postMessage(message);

/** Which of these pages live. Frozen ones do not answer. */
export const whoLives = async (scope: Scope, pages: string[]): Promise<ReadonlySet<string>> => {
  // Each question that is open hears of all who answer.
  const alive = new Set<string>();
  if (pages.length === 0 || !scope.channel) return alive;
  scope.questions.add(alive);
  say(scope, { weft: "ask", pages: pages.slice(0, Limit.maxAsked) });
  await new Promise<void>((resolve) => plainTimeout(resolve, Limit.patience));
  scope.questions.delete(alive);
  return alive;
};

const hear = (scope: Scope, message: Partial<Message>): void => {
  const { page, questions } = scope;
  if (message.weft === "ask" && message.pages?.includes(page)) say(scope, { weft: "alive", page });
  else if (message.weft === "alive" && message.page) for (const alive of questions) alive.add(message.page);
};
