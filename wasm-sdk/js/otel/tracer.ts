// Tracers: what OpenTelemetry's API and its instrumentations ask for spans.

import {
  context as api,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  trace,
  type Context,
  type Span,
  SpanKind,
  type SpanOptions,
  type Tracer,
  type TracerOptions,
  type TracerProvider,
} from "@opentelemetry/api";
import { plainAttributes, plainName } from "../attributes";
import { recording } from "../begin";
import { at } from "../clock";
import { Role, type Known } from "../event";
import { safely } from "../guard";
import type { Handle } from "../handle";
import { flush } from "../index";
import type { Attributes } from "../wasm";
import { isSuppressed } from "./context";
import { OpenSpan, startedOf } from "./span";
import { monotonicOf } from "./time";

export class WeftTracerProvider implements TracerProvider {
  getTracer(name: string, version?: string, { schemaUrl }: TracerOptions = {}): Tracer {
    const scope = { "otel.scope.name": name, "otel.scope.version": version, "otel.scope.schema_url": schemaUrl };
    return new WeftTracer(plainAttributes(scope));
  }

  /** Sends what waits; as far as it has ended. */
  async forceFlush(): Promise<void> {
    await flush();
  }
}

class WeftTracer implements Tracer {
  readonly #scope: Attributes;

  constructor(scope: Attributes) {
    this.#scope = scope;
  }

  startSpan(name: string, given?: SpanOptions, within?: Context): Span {
    const [options, context] = [given ?? {}, within ?? api.active()];
    const above = options.root ? undefined : trace.getSpan(context);
    const handle = recording();
    const isOurs = handle && safely(leadsToCollector, handle, options);
    const isWanted = !isOurs && !isSuppressed(context);
    const span = handle && isWanted && safely(open, handle, name, options, above, this.#scope);
    if (span) return span;
    // Nothing is recorded: what is asked is joined to what asked for it.
    return trace.wrapSpanContext((!isOurs && above?.spanContext()) || INVALID_SPAN_CONTEXT);
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, work: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, work: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    context: Context,
    work: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const work = rest.at(-1) as (span: Span) => ReturnType<F>;
    const [options, given] = rest.slice(0, -1) as [SpanOptions?, Context?];
    // As OpenTelemetry's own does.
    if (typeof work !== "function") return undefined as ReturnType<F>;
    const context = given ?? api.active();
    const span = this.startSpan(name, options, context);
    return api.with(trace.setSpan(context, span), work, undefined, span);
  }
}

// What is sent to the collector is not what the page does: an instrumentation that was there before us would make an event of
// each request, and each event a request.
const leadsToCollector = ({ options: { endpoint } }: Handle, { attributes }: SpanOptions): boolean => {
  const url = attributes?.["url.full"] ?? attributes?.["http.url"];
  return typeof url === "string" && url.startsWith(new URL(endpoint, document.baseURI).href);
};

const open = (
  handle: Handle,
  given: string,
  options: SpanOptions,
  above: Span | undefined,
  scope: Attributes,
): Span => {
  // Before the event starts: reading these may run code of the app, which may record events itself.
  const [name, own, monotonic] = [
    plainName(given),
    plainAttributes(options.attributes),
    monotonicOf(options.startTime),
  ];
  const parent = startedOf(above);
  const elsewhere = parent ? undefined : above?.spanContext();
  const isElsewhere = elsewhere !== undefined && isSpanContextValid(elsewhere);
  const known: Known = {
    parent,
    ...(monotonic !== undefined && { moment: at(monotonic) }),
    // It is known: nobody need guess.
    ...(isElsewhere && { cause: null }),
  };
  const started = handle.start(Role.none, known);
  const attributes = { ...scope, ...own };
  const { kind = SpanKind.INTERNAL, links = [] } = options;
  // OTLP's numbers are one more.
  const ofOtlp = typeof kind === "number" && kind in SpanKind ? kind + 1 : 1;
  const span = new OpenSpan(handle, started, { name, kind: ofOtlp, attributes });
  if (isElsewhere) span.causedBy(elsewhere);
  return span.addLinks(links);
};
