// What goes wrong in the page: uncaught errors, unhandled rejections, resources that fail, violations of its policy.
//
// The first of a kind is told at once; the same again is counted, and the count told with the next batch. Stacks are
// told as the browser wrote them, with the debug ids of the files in them (ECMA-426), so that the collector's owner
// can read them with source maps that stay private.

import { Role, Status, certainly } from "../event";
import { attempt } from "../guard";
import type { Handle } from "../handle";
import { hint } from "../hint";
import { listen } from "../listen";
import type { Scope } from "../scope";
import type { Attributes } from "../wasm";

const enum Limit {
  /** Kinds of errors that are remembered, and causes of one that are told. */
  maxKinds = 100,
  maxCauses = 5,
  /** UTF-16 units of a stack, and of something thrown that is no error. */
  maxStack = 4_000,
  maxMessage = 1_000,
  /** Files that are looked at for their debug ids, those that were loaded last, and ids that are told. */
  maxFiles = 200,
  maxIds = 20,
}

/** Begins to capture. */
export const captureErrors = (scope: Scope): void => {
  const { handle } = scope;
  const failed = (event: Event): void => {
    if (event instanceof ErrorEvent) uncaught(scope, event);
    // Of an element: it does not bubble, but it is captured.
    else if (event.target instanceof Element) missing(handle, event.target);
  };
  listen(scope, window, "error", failed, { capture: true });
  listen(scope, window, "unhandledrejection", ({ reason }: PromiseRejectionEvent) =>
    tellError(handle, reason, { "exception.mechanism": "unhandledrejection" }, true),
  );
  listen(scope, document, "securitypolicyviolation", (event: SecurityPolicyViolationEvent) => violation(scope, event));
};

const placeOf = (file: string, line: number, column: number): Attributes => ({
  "code.file.path": file || undefined,
  "code.line.number": line || undefined,
  "code.column.number": column || undefined,
});

const uncaught = ({ handle, options }: Scope, { error, message, filename, lineno, colno }: ErrorEvent): void => {
  const nothing = (error as unknown) === null || error === undefined;
  if (nothing && message.startsWith("Script error"))
    hint(
      options,
      'a script of another origin failed: with crossorigin="anonymous" and CORS browsers say how and where',
    );
  const place = error instanceof Error ? {} : placeOf(filename, lineno, colno);
  const attributes = { "exception.mechanism": "onerror", ...place };
  if (nothing) tell(handle, { type: "Error", message, stack: "" }, attributes, true);
  else tellError(handle, error, attributes, true);
};

const missing = (handle: Handle, element: Element): void => {
  const { src, href, tagName } = element as HTMLImageElement & HTMLLinkElement;
  const what = { type: "ResourceError", message: `${tagName.toLowerCase()} could not be loaded`, stack: "" };
  tell(handle, what, { "url.full": src || href || undefined, "browser.tag_name": tagName }, true);
};

const violation = ({ handle, url, moduleUrl }: Scope, event: SecurityPolicyViolationEvent): void => {
  const { blockedURI, effectiveDirective, sourceFile, lineNumber } = event;
  // Never our own: what we try is ours to handle.
  if (blockedURI.startsWith(url) || blockedURI === moduleUrl.href || blockedURI === "wasm-eval") return;
  const what = { type: "SecurityPolicyViolation", message: `${effectiveDirective} blocked ${blockedURI}`, stack: "" };
  tell(handle, what, placeOf(sourceFile, lineNumber, 0), true);
};

interface What {
  type: string;
  message: string;
  stack: string;
}

/** Tells of anything that was thrown. */
export const tellError = (handle: Handle, thrown: unknown, attributes: Attributes, unhandled: boolean): void => {
  const causes: string[] = [];
  let cause = thrown;
  while (causes.length < Limit.maxCauses) {
    cause = cause instanceof Error ? cause.cause : undefined;
    if (cause === undefined || cause === null) break;
    const { type, message, stack } = whatOf(cause);
    causes.push(`${type}: ${message}\n${stack}`.slice(0, Limit.maxStack));
  }
  const more = { "exception.causes": causes.length > 0 ? causes : undefined, ...attributes };
  tell(handle, whatOf(thrown), more, unhandled);
};

// Anything can be thrown, and reading it can throw.
const whatOf = (thrown: unknown): What =>
  attempt(() => {
    const isObject = typeof thrown === "object" && thrown !== null;
    if (isObject && (thrown instanceof Error || ("message" in thrown && "name" in thrown))) {
      const { name, message, stack } = thrown as Error;
      return {
        type: String(name || "Error"),
        message: String(message),
        stack: String(stack ?? "").slice(0, Limit.maxStack),
      };
    }
    const message = isObject ? JSON.stringify(thrown).slice(0, Limit.maxMessage) : String(thrown);
    return { type: isObject ? "Object" : typeof thrown, message, stack: "" };
  }) ?? { type: "Unreadable", message: "what was thrown throws when it is read", stack: "" };

/** Those that were told, by fingerprint, with how often they came again. */
type Kinds = Map<string, { again: number; number: number; what: What }>;

// By what all handles of one scope share.
const all = new WeakMap<object, Kinds>();

const kindsOf = (handle: Handle): Kinds => {
  const { beforeSeal } = handle;
  const known = all.get(beforeSeal);
  if (known) return known;
  const kinds: Kinds = new Map();
  all.set(beforeSeal, kinds);
  beforeSeal.push(() => tellAgain(handle, kinds));
  return kinds;
};

// One event for all that came again since the last batch, linked to the first.
const tellAgain = (handle: Handle, kinds: Kinds): void => {
  for (const kind of kinds.values()) {
    const { again, number, what } = kind;
    if (again === 0) continue;
    kind.again = 0;
    const attributes = { "exception.type": what.type, "exception.message": what.message, "weft.count": again };
    handle.finish(handle.start(Role.mark, { cause: certainly(number) }), "exception", attributes);
  }
};

const tell = (handle: Handle, what: What, attributes: Attributes, unhandled: boolean): void => {
  const kinds = kindsOf(handle);
  const { type, message, stack } = what;
  const place = stack.split("\n").find((line) => /:\d+:\d+/.test(line)) ?? "";
  const fingerprint = `${type}|${message}|${place}`;
  const known = kinds.get(fingerprint);
  if (known) {
    known.again++;
    return handle.seal();
  }
  const started = handle.start(Role.none);
  if (kinds.size >= Limit.maxKinds) kinds.delete(kinds.keys().next().value ?? "");
  kinds.set(fingerprint, { again: 0, number: started.number, what });
  const said = {
    "exception.type": type,
    "exception.message": message,
    "exception.stacktrace": stack || undefined,
    "exception.escaped": unhandled,
    "weft.debug_ids": debugIds(stack),
    "url.full": location.href,
    ...attributes,
  };
  handle.finish(started, "exception", said, 0, undefined, Status.error);
};

// Bundlers register a stack of each file with its debug id in one global (the convention that ECMA-426's debug ids
// are read by in browsers).
const debugIds = (stack: string): string[] | undefined => {
  const { _debugIds = {} } = globalThis as { _debugIds?: Record<string, string> };
  const found = new Set<string>();
  for (const [key, id] of Object.entries(_debugIds).slice(-Limit.maxFiles)) {
    const file = /(https?:\/\/[^\s)]+?):\d+:\d+/.exec(key)?.[1];
    if (file && stack.includes(file)) found.add(`${file.split("/").pop() ?? ""}=${id}`);
  }
  return found.size > 0 ? [...found].slice(0, Limit.maxIds) : undefined;
};
