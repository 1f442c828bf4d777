// Work with a beginning and an end: what runs inside a span, and ends inside it, is its child.
//
// After an `await` nobody can know which span a piece of code belongs to (AsyncContext will say, when a browser ships
// it), so a span is also handed to its function, which can begin children on it.

import { now } from "./clock";
import { elapsed, errorType, kind, role, status, type Started } from "./event";
import { safely } from "./guard";
import type { Scope } from "./scope";
import { plainAttributes, plainName } from "./attributes";
import type { Attributes } from "./wasm";

/** Names an event anywhere: in this page, in another tab, in a message or in storage. */
export interface Reference {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
}

/** A span that runs. */
export interface Span extends Reference {
  /** Says more about it. */
  setAttributes(attributes: Attributes): void;
  /** Runs `work` in a child. */
  span<Result>(name: string, work: (span: Span) => Result): Result;
}

/** A span that stays open for as long as something takes: an upload, a call, a checkout. */
export interface LongSpan extends Reference {
  setAttributes(attributes: Attributes): void;
  /** It has ended; with an error, if one is given. */
  end(attributes?: Attributes, error?: unknown): void;
}

const running: { scope: Scope; span: Started }[] = [];

/** The span that runs in this scope right now. */
export const currentSpan = (scope: Scope): Started | undefined => {
  const last = running.at(-1);
  return last?.scope === scope ? last.span : undefined;
};

export const referenceTo = (scope: Scope, started: Started): Reference => {
  const ids = scope.recorder.idsOf(started);
  return { traceId: ids.slice(0, 32), spanId: ids.slice(32) };
};

/** Runs `work` in a span, which ends when it returns or, if that is a promise, when it is settled. */
export const runSpan = <Result>(
  scope: Scope,
  name: string,
  work: (span: Span) => Result,
  parent = currentSpan(scope),
): Result => {
  const started = scope.recorder.start(role.none, { moment: now(), parent });
  const said: Attributes = {};
  const end = (failed: boolean, error?: unknown): void =>
    endNow(scope, started, plainName(name), said, failed ? errorType(error) : undefined);
  const span: Span = {
    ...referenceTo(scope, started),
    setAttributes: (attributes) => void Object.assign(said, plainAttributes(attributes)),
    span: (child, inner) => runSpan(scope, child, inner, started),
  };
  const outcome = inside(
    scope,
    started,
    () => work(span),
    (error) => safely(() => end(true, error)),
  );
  if (!isPromise(outcome)) {
    safely(() => end(false));
    return outcome;
  }
  const ended = outcome.then(
    (value) => (safely(() => end(false)), value),
    (error: unknown) => {
      safely(() => end(true, error));
      throw error;
    },
  );
  return ended as Result;
};

const inside = <Result>(scope: Scope, span: Started, work: () => Result, failed: (error: unknown) => void): Result => {
  running.push({ scope, span });
  try {
    return work();
  } catch (error) {
    failed(error);
    throw error;
  } finally {
    running.pop();
  }
};

/** It ends now; `failed`: its `error.type`. */
export const endNow = (
  { recorder }: Scope,
  started: Started,
  name: string,
  attributes: Attributes,
  failed: string | undefined,
  spanKind?: number,
): void => {
  const { duration, attributes: time } = elapsed(started);
  const type = failed === undefined ? {} : { "error.type": failed };
  recorder.finish(started, {
    duration,
    name,
    attributes: { ...attributes, ...type, ...time },
    kind: spanKind ?? kind.internal,
    status: failed === undefined ? status.unset : status.error,
  });
};

const isPromise = (value: unknown): value is Promise<unknown> => value instanceof Promise;

/** Opens a long span. It is in the journal before anything else happens. */
export const openLongSpan = (scope: Scope, name: string, attributes: Attributes): LongSpan => {
  const started = scope.recorder.start(role.none);
  const said = { ...attributes };
  const tell = (): void => scope.recorder.keepOpen(started, name, said);
  tell();
  const end = (more: unknown, error: unknown): void => {
    const all = { ...said, ...plainAttributes(more) };
    endNow(scope, started, name, all, error === undefined ? undefined : errorType(error));
  };
  return {
    ...referenceTo(scope, started),
    setAttributes: (more) =>
      safely(() => {
        Object.assign(said, plainAttributes(more));
        tell();
      }),
    end: (more, error) => safely(() => end(more, error)),
  };
};
