// What goes wrong in the page: uncaught errors, unhandled rejections, resources that fail, violations of its policy.
//
// The first of a kind is told at once; the same again is counted, and the count told with the next batch. Stacks are
// told as the browser wrote them, with the debug ids of the files in them (ECMA-426), so that the collector's owner
// can read them with source maps that stay private.

import { guarded } from "../guard";
import { role, status } from "../event";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";

/** Kinds of errors that are remembered, and causes of one that are told. */
const MAX_KINDS = 100;
const MAX_CAUSES = 5;

/** UTF-16 units of a stack. */
const MAX_STACK = 4_000;

/** Begins to capture. Returns what undoes it. */
export const captureErrors = (scope: Scope): (() => void) => {
  const failed = guarded((event: ErrorEvent | Event) => {
    if (event instanceof ErrorEvent) uncaught(scope, event);
    // Of an element: it does not bubble, but it is captured.
    else if (event.target instanceof Element) missing(scope, event.target);
  });
  const rejected = guarded(({ reason }: PromiseRejectionEvent) =>
    tellError(scope, reason, { "exception.mechanism": "unhandledrejection" }, true),
  );
  const violated = guarded((event: SecurityPolicyViolationEvent) => violation(scope, event));
  addEventListener("error", failed, true);
  addEventListener("unhandledrejection", rejected);
  document.addEventListener("securitypolicyviolation", violated);
  return () => {
    removeEventListener("error", failed, true);
    removeEventListener("unhandledrejection", rejected);
    document.removeEventListener("securitypolicyviolation", violated);
  };
};

const uncaught = (scope: Scope, { error, message, filename, lineno, colno }: ErrorEvent): void => {
  if (error === null && message.startsWith("Script error") && scope.options.debug) {
    console.warn(
      'weft: a script of another origin failed. Load it with crossorigin="anonymous" and let its server answer with Access-Control-Allow-Origin, so that browsers say what and where.',
    );
  }
  const where = {
    "code.file.path": filename || undefined,
    "code.line.number": lineno || undefined,
    "code.column.number": colno || undefined,
  };
  const mechanism = { "exception.mechanism": "onerror" };
  if (error === null || error === undefined)
    tell(scope, { type: "Error", message, stack: "" }, { ...mechanism, ...where }, true);
  else tellError(scope, error, error instanceof Error ? mechanism : { ...mechanism, ...where }, true);
};

const missing = (scope: Scope, element: Element): void => {
  const { src, href } = element as HTMLImageElement & HTMLLinkElement;
  const url = src || href || undefined;
  const what = { type: "ResourceError", message: `${element.tagName.toLowerCase()} could not be loaded`, stack: "" };
  tell(scope, what, { "url.full": url, "browser.tag_name": element.tagName }, true);
};

const violation = (
  scope: Scope,
  { blockedURI, effectiveDirective, sourceFile, lineNumber }: SecurityPolicyViolationEvent,
): void => {
  // Never our own: what we try is ours to handle.
  const ours = blockedURI.startsWith(scope.url) || blockedURI === scope.moduleUrl || blockedURI === "wasm-eval";
  if (ours) return;
  const what = { type: "SecurityPolicyViolation", message: `${effectiveDirective} blocked ${blockedURI}`, stack: "" };
  tell(scope, what, { "code.file.path": sourceFile || undefined, "code.line.number": lineNumber || undefined }, true);
};

interface What {
  type: string;
  message: string;
  stack: string;
}

/** Tells of anything that was thrown. */
export const tellError = (scope: Scope, thrown: unknown, attributes: Attributes, unhandled: boolean): void => {
  const what = whatOf(thrown);
  const causes: string[] = [];
  let cause = thrown;
  for (let depth = 0; depth < MAX_CAUSES; depth++) {
    cause = cause instanceof Error ? cause.cause : undefined;
    if (cause === undefined || cause === null) break;
    const { type, message, stack } = whatOf(cause);
    causes.push(`${type}: ${message}\n${stack}`.slice(0, MAX_STACK));
  }
  tell(scope, what, { "exception.causes": causes.length > 0 ? causes : undefined, ...attributes }, unhandled);
};

// Anything can be thrown, and reading it can throw.
const whatOf = (thrown: unknown): What => {
  try {
    if (
      thrown instanceof Error ||
      (typeof thrown === "object" && thrown !== null && "message" in thrown && "name" in thrown)
    ) {
      const { name, message, stack } = thrown as Error;
      return {
        type: String(name || "Error"),
        message: String(message),
        stack: String(stack ?? "").slice(0, MAX_STACK),
      };
    }
    const isPlain = typeof thrown === "object" && thrown !== null;
    return {
      type: isPlain ? "Object" : typeof thrown,
      message: isPlain ? JSON.stringify(thrown).slice(0, 1_000) : String(thrown),
      stack: "",
    };
  } catch {
    return { type: "Unreadable", message: "what was thrown throws when it is read", stack: "" };
  }
};

/** Those that were told, by fingerprint, with how often they came again. */
type Kinds = Map<string, { again: number; number: number; what: What }>;

const all = new WeakMap<Scope, Kinds>();

const kindsOf = (scope: Scope): Kinds => {
  const known = all.get(scope);
  if (known) return known;
  const kinds: Kinds = new Map();
  all.set(scope, kinds);
  scope.lifecycle.beforeSeal.push(() => tellAgain(scope, kinds));
  return kinds;
};

// One event for all that came again since the last batch, linked to the first.
const tellAgain = (scope: Scope, kinds: Kinds): void => {
  for (const kind of kinds.values()) {
    if (kind.again === 0) continue;
    const attributes = {
      "exception.type": kind.what.type,
      "exception.message": kind.what.message,
      "weft.count": kind.again,
    };
    kind.again = 0;
    scope.recorder.moment("exception", attributes, role.mark, { cause: { number: kind.number, inferred: false } });
  }
};

const tell = (scope: Scope, what: What, attributes: Attributes, unhandled: boolean): void => {
  const kinds = kindsOf(scope);
  const fingerprint = `${what.type}|${what.message}|${what.stack.split("\n").find((line) => /:\d+:\d+/.test(line)) ?? ""}`;
  const known = kinds.get(fingerprint);
  if (known) {
    known.again++;
    return scope.lifecycle.onWaiting(0, 0);
  }
  const started = scope.recorder.start(role.none);
  if (kinds.size >= MAX_KINDS) kinds.delete(kinds.keys().next().value ?? "");
  kinds.set(fingerprint, { again: 0, number: started.number, what });
  scope.recorder.finish(started, {
    duration: 0,
    name: "exception",
    attributes: {
      "exception.type": what.type,
      "exception.message": what.message,
      "exception.stacktrace": what.stack || undefined,
      "exception.escaped": unhandled,
      "weft.debug_ids": debugIds(what.stack),
      "url.full": location.href,
      ...attributes,
    },
    status: status.error,
  });
};

// Bundlers register a stack of each file with its debug id in one global (the convention that ECMA-426's debug ids
// are read by in browsers).
const debugIds = (stack: string): string[] | undefined => {
  const registered = (globalThis as { _debugIds?: Record<string, string> })._debugIds;
  if (!registered || !stack) return undefined;
  const found = new Set<string>();
  for (const [key, id] of Object.entries(registered).slice(0, 200)) {
    const file = /(https?:\/\/[^\s)]+?):\d+:\d+/.exec(key)?.[1];
    if (file && stack.includes(file)) found.add(`${file.split("/").pop() ?? ""}=${id}`);
  }
  return found.size > 0 ? [...found].slice(0, 20) : undefined;
};
