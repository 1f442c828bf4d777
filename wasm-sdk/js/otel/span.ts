// A span of OpenTelemetry's API that is an event of weft: it has its number, and so its ids, from its start; everything
// else is told at its end.

import {
  isSpanContextValid,
  trace,
  type Attributes as Said,
  type AttributeValue,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from "@opentelemetry/api";
import { plainAttributes, plainName } from "../attributes";
import { at } from "../clock";
import { LinkKind, Role, type Started } from "../event";
import { attempt, safely } from "../guard";
import type { Handle } from "../handle";
import type { Attributes } from "../wasm";
import { contextOf, isKept } from "./ids";
import { tellIfOpen, tellNoMore } from "./open";
import { monotonicOf, sinceStart } from "./time";

const enum Limit {
  /** Of one span (OpenTelemetry SDK specification, "Span Limits"). */
  maxAttributes = 128,
  maxLinks = 128,
  maxEvents = 128,
}

const all = new WeakMap<Span, Started>();
const views = new WeakMap<Started, Span>();

/** The event that a span is. Undefined: it is none of ours. */
export const startedOf = (span: Span | undefined): Started | undefined => span && all.get(span);

/** What the API sees of an event: its span, or, if `weft.span` began it, its ids. */
export const viewOf = (handle: Handle, started: Started): Span => {
  const known = views.get(started);
  if (known) return known;
  const span = trace.wrapSpanContext(contextOf(handle, started));
  remember(span, started);
  return span;
};

const remember = (span: Span, started: Started): void => {
  all.set(span, started);
  views.set(started, span);
};

/** What is known of a span when it starts. */
export interface Beginning {
  name: string;
  /** As OTLP has it. */
  kind: number;
  attributes: Attributes;
}

export class OpenSpan implements Span {
  readonly #handle: Handle;
  readonly #started: Started;
  readonly #said: Attributes;
  readonly #kind: number;
  readonly #context: SpanContext;
  #name: string;
  #status = SpanStatusCode.UNSET;
  #message: string | undefined;
  readonly #linked = new Set<string>();
  #events = 0;
  #eventsLeftOut = 0;

  constructor(handle: Handle, started: Started, { name, kind, attributes }: Beginning) {
    this.#handle = handle;
    this.#started = started;
    this.#said = attributes;
    this.#kind = kind;
    this.#name = name;
    this.#context = contextOf(handle, started);
    // Its app has said whose child it is: that stays so, whichever of the two is told first.
    started.demoted = false;
    remember(this, started);
    tellIfOpen(handle, started, () => handle.keep(started, this.#name, { ...this.#said }, kind));
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  isRecording(): boolean {
    return !this.#started.ended && isKept(this.#context);
  }

  setAttribute(key: string, value: AttributeValue | undefined): this {
    return this.setAttributes({ [key]: value });
  }

  setAttributes(attributes: Said): this {
    if (!this.isRecording()) return this;
    for (const [key, value] of Object.entries(plainAttributes(attributes))) {
      if (!key) continue;
      const isRoom = key in this.#said || Object.keys(this.#said).length < Limit.maxAttributes;
      if (isRoom) this.#said[key] = value;
      else this.#handle.counters.attributesLeftOut++;
    }
    return this;
  }

  updateName(name: string): this {
    if (this.isRecording()) this.#name = plainName(name);
    return this;
  }

  /** `OK` is final, and `UNSET` says nothing (Trace API specification, "Set Status"). */
  setStatus(status: SpanStatus): this {
    const { OK, ERROR } = SpanStatusCode;
    const { code, message } = attempt(() => ({ ...status })) ?? {};
    if (!this.isRecording() || this.#status === OK || (code !== OK && code !== ERROR)) return this;
    this.#status = code;
    this.#message = code === ERROR && message ? plainName(message) : undefined;
    return this;
  }

  /** One to each span: there is room for a word on it, and none for other attributes. */
  addLink(link: Link): this {
    safely(() => {
      if (!this.isRecording()) return;
      const { counters } = this.#handle;
      const { context, attributes } = link;
      const to = context.traceId + context.spanId;
      if (this.#linked.size >= Limit.maxLinks || this.#linked.has(to) || !isSpanContextValid(context))
        return void counters.linksLeftOut++;
      this.#linked.add(to);
      const { "weft.link": word, ...others } = plainAttributes(attributes);
      counters.attributesLeftOut += Object.keys(others).length;
      this.#handle.link(this.#started, LinkKind.named, to, plainName(word ?? "link"));
    });
    return this;
  }

  /** Its parent is elsewhere: a trace that began there cannot go on here, because ids of events are derived. */
  causedBy({ traceId, spanId }: SpanContext): void {
    const to = traceId + spanId;
    this.#linked.add(to);
    this.#handle.link(this.#started, LinkKind.cause, to);
  }

  addLinks(links: Link[]): this {
    safely(() => links.forEach((link) => this.addLink(link)));
    return this;
  }

  addEvent(name: string, attributesOrTime?: Said | TimeInput, time?: TimeInput): this {
    if (!this.isRecording()) return this;
    const isTime = typeof attributesOrTime !== "object" || Array.isArray(attributesOrTime) || isDate(attributesOrTime);
    const when = isTime ? ((attributesOrTime as TimeInput | undefined) ?? time) : time;
    const attributes = plainAttributes(isTime ? undefined : (attributesOrTime ?? undefined));
    this.#event(plainName(name), attributes, when);
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    if (!this.isRecording()) return;
    const { name, code, message, stack } = attempt(() => read(exception)) ?? {};
    const said = {
      "exception.type": code ? String(code) : name,
      "exception.message": message,
      "exception.stacktrace": stack,
    };
    this.#event("exception", plainAttributes(said), time);
  }

  end(endTime?: TimeInput): void {
    const [handle, started] = [this.#handle, this.#started];
    if (started.ended) return;
    tellNoMore(handle, started);
    const until = monotonicOf(endTime);
    const { ms, slept } = sinceStart(started, until);
    const said = {
      ...this.#said,
      "otel.status_description": this.#message,
      "otel.dropped_events_count": this.#eventsLeftOut || undefined,
      "weft.suspended_ms": slept,
    };
    safely(handle.finish, started, this.#name, said, ms, this.#kind, this.#status);
  }

  /**
   * A time without more is an attribute, in ms since the start: instrumentations add ten of them to each request. What
   * says more, or happens again, is an event of its own, and a child.
   */
  #event(name: string, attributes: Attributes, time: TimeInput | undefined): void {
    if (this.#events++ >= Limit.maxEvents) return void this.#eventsLeftOut++;
    const [handle, started] = [this.#handle, this.#started];
    const monotonic = monotonicOf(time);
    const key = `otel.span_event.${name}`;
    if (Object.keys(attributes).length === 0 && !(key in this.#said)) {
      const { ms } = sinceStart(started, monotonic);
      return void this.setAttribute(key, Math.round(ms * 10) / 10);
    }
    safely(() => {
      const known = { parent: started, ...(monotonic !== undefined && { moment: at(monotonic) }) };
      handle.finish(handle.start(Role.mark, known), name, attributes);
    });
  }
}

const isDate = (given: unknown): boolean => given instanceof Date;

interface Thrown {
  name?: string | undefined;
  code?: string | number | undefined;
  message?: string | undefined;
  stack?: string | undefined;
}

// Reading it may throw.
const read = (exception: Exception): Thrown => {
  if (typeof exception === "string") return { message: exception };
  const { name, code, message, stack } = exception as Thrown;
  return { name, code, message, stack };
};
