// Work with a beginning and an end: what runs inside a span, and ends inside it, is its child.
//
// After an `await` nobody can know which span a piece of code belongs to (AsyncContext will say, when a browser ships
// it), so a span is also handed to its function, which can begin children on it.

import { plainAttributes, plainName } from "./attributes";
import { errorType, Role, type Started } from "./event";
import { safely } from "./guard";
import type { Handle } from "./handle";
import type { Attributes } from "./wasm";

/** Names an event anywhere: in this page, in another tab, in a message or in storage. */
export interface Reference {
  /** 32 hex digits; empty, as is the other, if the page is not kept by `sampleRate`: then nothing can lead here. */
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

/** Derived when somebody asks: most are never looked at. */
export const referenceTo = (handle: Handle, started: Started): Reference => ({
  get traceId() {
    return handle.ids(started).slice(0, 32);
  },
  get spanId() {
    return handle.ids(started).slice(32);
  },
});

/** Runs `work` in a span, which ends when it returns or, if that is a promise, when it is settled. */
export const runSpan = <Result>(
  handle: Handle,
  name: string,
  work: (span: Span) => Result,
  parent = handle.running.at(-1),
): Result => {
  const started = handle.start(Role.none, { parent });
  const said: Attributes = {};
  const end = (failed?: string): void => safely(() => handle.end(started, plainName(name), said, failed));
  const span: Span = Object.assign(referenceTo(handle, started), {
    setAttributes: (attributes: Attributes) => void Object.assign(said, plainAttributes(attributes)),
    span: <Inner>(child: string, inner: (span: Span) => Inner) => runSpan(handle, child, inner, started),
  });
  handle.running.push(started);
  let outcome: Result;
  try {
    outcome = work(span);
  } catch (error) {
    end(errorType(error));
    throw error;
  } finally {
    handle.running.pop();
  }
  if (!(outcome instanceof Promise)) {
    end();
    return outcome;
  }
  return outcome.then(
    (value: unknown) => (end(), value),
    (error: unknown) => {
      end(errorType(error));
      throw error;
    },
  ) as Result;
};

/** Opens a long span. It is in the journal before anything else happens. */
export const openLongSpan = (handle: Handle, name: string, attributes: Attributes): LongSpan => {
  const started = handle.start(Role.none);
  const said = { ...attributes };
  const say = (more: unknown): void => {
    Object.assign(said, plainAttributes(more));
    handle.keep(started, name, said);
  };
  say({});
  return Object.assign(referenceTo(handle, started), {
    setAttributes: (more?: Attributes) => safely(say, more),
    end: (more?: Attributes, error?: unknown) =>
      safely(() => {
        const all = { ...said, ...plainAttributes(more) };
        handle.end(started, name, all, error === undefined ? undefined : errorType(error));
      }),
  });
};
