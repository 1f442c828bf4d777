// Fetched when a collector has given this page, or one before it, a policy: asks the module that applies it (src/applied.rs)
// what becomes of each event, tells what was merged, and keeps the policy for the next page.

import module from "../../target/verbs.wasm";
import type { Call } from "./event";
import { Frame } from "./frame";
import type { Tools } from "./outgoing";
import type { Scope } from "./scope";
import type { Begin, Finish, Long, Module } from "./wasm";

/** A policy at work. */
export interface Verbs {
  /** The collector has answered; without an answer, the policy is the one that was kept. */
  hears(answer?: Uint8Array): void;
  /** Whether the recorder is told of this; what it is told may have been scrubbed. */
  takes(call: Call): boolean;
  /** The head of a request, which says what the policy is called (proto/src/head.rs). */
  names(head: Uint8Array): Uint8Array;
}

/** What is kept for the next page: the policy in base64, and the bytes that were sent on a day. */
interface Kept {
  policy?: string;
  day?: number;
  bytes?: number;
}

/** `VERBS` of src/verbs.rs, as reasons why an event is dropped. */
const REASONS = ["", "policy_drop", "policy_dedupe", "policy_aggregate", "policy_sample", "policy_budget"];

/** Of the constants that other files have: their code would come along. */
const NONE = 0;
const MARK = 8;
const ERROR = 2;
const DAY = 86_400_000;

/** Of `decide`: the event is held, or kept for the flight recorder alone; and the bit that says that some are held no longer. */
const HOLD = 6;
const FLIES = 7;
const LETS_GO = 8;

/** Of `engage`: the policy has a flight recorder. */
const HAS_FLIGHT = 2;

/** Events that have begun and may be held when they end. As many as the recorder keeps open. */
const MAX_BEGUN = 256;

/** What an event that is recorded after all says of that: it has no part in what sampling stands for. */
const FLIGHT = "weft.flight";

/** In the form of a request: it names the policy. */
const NAMES_POLICY = 4;

/** Of a page that applies no policy, whatever it is: the collector need not say it again. */
const NEVER = 0xffff_ffff;

type Engine = Module &
  Record<"told" | "name" | "engage" | "route" | "decide" | "scrub" | "settle" | "summary" | "let_go", unknown>;

/** The collector has answered; without an answer, the policy is the one that was kept under this name. */
export const hear = async (scope: Scope, tools: Tools, name: string, answer?: Uint8Array): Promise<void> => {
  try {
    if (!scope.verbs) {
      if (scope.options.wasm === false) throw new Error("it needs WebAssembly");
      const { instance } = await WebAssembly.instantiate(unpacked(module));
      // Two answers may have come at once.
      scope.verbs ??= applied(scope, tools, name, instance.exports as unknown as Engine);
    }
  } catch (error) {
    tools.hint(scope.options, "the collector's policy cannot be applied here:", error);
    scope.verbs ??= { hears: () => {}, takes: () => true, names: (head) => named(head, NEVER) };
  }
  scope.verbs.hears(answer);
};

const unpacked = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

const named = (head: Uint8Array, policy: number): Uint8Array => {
  const all = new Uint8Array([...head, ...new Uint8Array(new Uint32Array([policy]).buffer)]);
  all.set([(head[1] ?? 0) | NAMES_POLICY], 1);
  return all;
};

const applied = (scope: Scope, tools: Tools, name: string, engine: Engine): Verbs => {
  const { ask, answerOf, wallNow } = tools;
  const asked = (what: keyof Engine & string, ...given: unknown[]): number =>
    (ask as (...all: unknown[]) => number)(engine, what, ...given);
  const answered = (length: number): Frame => new Frame(answerOf(engine, length));
  const kept = keptUnder(scope, name);
  const today = (): number => Math.floor(wallNow() / DAY);
  // Of this page, as far as the day's count has it.
  let counted = 0;
  // What the policy is called.
  let id = 0;
  let route = "";
  let scrubs = false;
  let telling = false;
  let replaying = false;
  // An event that began, as long as nothing else happens: if it is taken away at its end, nothing was led to it.
  let held: Begin | undefined;
  // With a flight recorder: calls of events that have begun, and of those that are held behind their end.
  let hasFlight = false;
  const begun = new Map<number, Call[]>();
  const aside = new Map<number, Call[]>();

  const keep = (what: Kept): void => {
    try {
      if (what.policy) scope.localStore?.setItem(name, JSON.stringify(what));
      else scope.localStore?.removeItem(name);
    } catch {
      // Full or refused: the next page is told again.
    }
  };

  const dayBytes = (): number => {
    if (kept.day !== today()) Object.assign(kept, { day: today(), bytes: 0 });
    return (kept.bytes ?? 0) + scope.ledger.bytesSent - counted;
  };

  const engage = (policy: Uint8Array): void => {
    const randomness = scope.first?.randomness ?? "0";
    const draw = parseInt(randomness.slice(0, 13), 16) / 2 ** 52;
    // Other digits than those, so that who keeps little is not who gets a policy first.
    const stage = parseInt(randomness.slice(-8), 16) / 2 ** 32;
    id = asked("name", policy);
    const result = asked("engage", draw, stage, policy);
    if (result < 0) return;
    hasFlight = result === HAS_FLIGHT;
    scrubs = policy.length > 0;
    // A page that records nothing hears of nothing: the next one asks again.
    kept.policy = policy.length > 0 && result !== 1 ? btoa(String.fromCharCode(...policy)) : "";
    keep(kept);
    letGo();
    tell();
    if (result === 1) tools.abandon(scope, "policy_off");
  };

  const tell = (): void => {
    for (let length = asked("summary"); length > 0; length = asked("summary")) {
      const frame = answered(length);
      const cause = { number: frame.float(), inferred: false };
      telling = true;
      tools.moment(scope, frame.text(), frame.attributes(), MARK, { cause });
      telling = false;
    }
  };

  const settle = (all: boolean): void => {
    asked("settle", wallNow(), all);
    letGo();
    tell();
  };

  // What was held is recorded after all, or is what sampling takes.
  const letGo = (): void => {
    const frame = answered(asked("let_go"));
    while (!frame.ended()) {
      const calls = take(aside, frame.float());
      if (frame.byte()) {
        // A batch that is full is sealed, and more may be let go, in the middle of it.
        const before = replaying;
        replaying = true;
        calls.forEach((call) => tools.tell(scope, call));
        replaying = before;
      } else tools.giveUp(scope, "policy_sample", 1);
    }
  };

  // Remembers what an event consists of, as long as it may have to be told again.
  const remember = (call: Call): void => {
    const [what, given] = call;
    if (what === "begin") {
      begun.set(given.number, [call]);
      const [oldest = 0] = begun.keys();
      if (begun.size > MAX_BEGUN) begun.delete(oldest);
    } else if (what === "link") begun.get(given.number)?.push(call);
    else if (what === "cancel") begun.delete(given);
  };

  // Once more in full, when it is recorded after all.
  const setAside = (given: Finish): void =>
    void aside.set(given.number, [...take(begun, given.number), ["finish", flown(given)]]);

  // `decided`: the module has the frame already.
  const scrub = (told: Finish | Long, decided: boolean): void => {
    const given = decided ? [] : [told.name, told.attributes];
    const length = scrubs ? asked("scrub", ...given) : 0;
    if (length === 0) return;
    told.attributes = { ...told.attributes };
    const changes = answered(length);
    while (!changes.ended()) {
      const key = changes.text();
      told.attributes[key] = changes.byte() ? changes.text() : undefined;
    }
  };

  const decide = ({ number, duration, status, name, attributes }: Finish): number => {
    if (location.pathname !== route) {
      route = location.pathname;
      asked("route", route);
      tell();
    }
    // Who wants to save data gets half of what others may send.
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    const times = connection?.saveData ? 2 : 1;
    const sent = [scope.ledger.bytesSent * times, dayBytes() * times];
    return asked("decide", number, duration, status === ERROR, wallNow(), ...sent, name, attributes);
  };

  const tellHeld = (): void => {
    const begin = held;
    held = undefined;
    if (begin && scope.module) ask(scope.module, "begin", ...Object.values(begin));
  };

  scope.beforeSeal.push(() => settle(document.visibilityState === "hidden"));
  scope.beforeHide.push(() => {
    settle(true);
    // Another tab may have sent more since, and may have heard of another policy.
    const there = keptUnder(scope, name);
    const before = there.day === today() ? (there.bytes ?? 0) : 0;
    Object.assign(kept, { day: today(), bytes: before + scope.ledger.bytesSent - counted });
    counted = scope.ledger.bytesSent;
    if (there.policy) keep({ ...kept, policy: there.policy });
  });

  return {
    names: (head) => named(head, id),
    hears(answer) {
      if (answer) {
        const length = asked("told", answer);
        if (length >= 0) engage(answerOf(engine, length));
      } else if (kept.policy) engage(unpacked(kept.policy));
    },
    takes(call) {
      const [what, given] = call;
      if (replaying) {
        if (what === "finish") scrub(given, false);
        return true;
      }
      // Of a session that is over nothing can be told any more.
      if (hasFlight && what === "session") settle(true);
      else if (hasFlight && !telling) remember(call);
      // Whether the module still has the frame of this event.
      let isThere = false;
      const ends = what === "finish" && given.number === held?.number;
      if (!ends) tellHeld();
      if (what === "begin" && given.role === NONE) {
        held = given;
        return false;
      }
      if (what === "finish" && !telling) {
        const result = decide(given);
        const verdict = result % LETS_GO;
        if (verdict === HOLD) setAside(given);
        else begun.delete(given.number);
        if (verdict === FLIES) given.attributes = flown(given).attributes;
        isThere = result < LETS_GO;
        if (!isThere) letGo();
        const reason = REASONS[verdict];
        if (reason || verdict === HOLD) {
          if (!held && scope.module) ask(scope.module, "cancel", given.number);
          held = undefined;
          if (reason) tools.giveUp(scope, reason, 1);
          return false;
        }
      }
      if (what === "finish" || what === "long") scrub(given, isThere);
      tellHeld();
      return true;
    },
  };
};

/** The same, and that sampling would have taken it. */
const flown = (given: Finish): Finish => ({ ...given, attributes: { ...given.attributes, [FLIGHT]: true } });

/** What is there under this number, which is not there any more. */
const take = (all: Map<number, Call[]>, number: number): Call[] => {
  const calls = all.get(number) ?? [];
  all.delete(number);
  return calls;
};

const keptUnder = ({ localStore }: Scope, name: string): Kept => {
  try {
    return JSON.parse(localStore?.getItem(name) ?? "{}") as Kept;
  } catch {
    return {};
  }
};
