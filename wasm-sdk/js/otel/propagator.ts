// W3C Trace Context and Baggage, as OpenTelemetry's API has them: what `@opentelemetry/core` does, for apps that do not
// bundle it.

import {
  baggageEntryMetadataFromString,
  createTraceState,
  isSpanContextValid,
  propagation,
  trace,
  type BaggageEntry,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from "@opentelemetry/api";
import { attempt } from "../guard";
import { isSuppressed } from "./context";

const enum Limit {
  /** Bytes of the header, and entries in it (W3C Baggage, "Limits"). */
  maxBaggage = 8_192,
  maxEntries = 64,
}

/** Version 00, which ends here, and of later ones what this one has. */
const TRACEPARENT = /^(?!ff|00.{54})[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-)/;

export class WeftPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    if (isSuppressed(context)) return;
    const found = trace.getSpanContext(context);
    if (found && isSpanContextValid(found)) {
      const { traceId, spanId, traceFlags, traceState } = found;
      setter.set(carrier, "traceparent", `00-${traceId}-${spanId}-${(traceFlags | 256).toString(16).slice(1)}`);
      const state = traceState?.serialize();
      if (state) setter.set(carrier, "tracestate", state);
    }
    const baggage = written(propagation.getBaggage(context)?.getAllEntries() ?? []);
    if (baggage) setter.set(carrier, "baggage", baggage);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const get = (name: string): string => String([getter.get(carrier, name) ?? ""].flat().join());
    const [, traceId = "", spanId = "", flags = ""] = TRACEPARENT.exec(get("traceparent").trim()) ?? [];
    const state = get("tracestate");
    const traceState = state ? { traceState: createTraceState(state) } : {};
    const found = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true, ...traceState };
    const joined = isSpanContextValid(found) ? trace.setSpanContext(context, found) : context;
    const entries = read(get("baggage"));
    return entries ? propagation.setBaggage(joined, propagation.createBaggage(entries)) : joined;
  }

  fields(): string[] {
    return ["traceparent", "tracestate", "baggage"];
  }
}

const written = (entries: [string, BaggageEntry][]): string => {
  let header = "";
  for (const [key, { value, metadata }] of entries.slice(0, Limit.maxEntries)) {
    const more = metadata ? `;${metadata.toString()}` : "";
    const entry = `${header && ","}${encodeURIComponent(key)}=${encodeURIComponent(value)}${more}`;
    if (header.length + entry.length <= Limit.maxBaggage) header += entry;
  }
  return header;
};

const read = (header: string): Record<string, BaggageEntry> | undefined => {
  const entries: [string, BaggageEntry][] = [];
  for (const part of header.slice(0, Limit.maxBaggage).split(",").slice(0, Limit.maxEntries)) {
    const [pair = "", ...more] = part.split(";");
    const at = pair.indexOf("=");
    const said = attempt(() => [pair.slice(0, at), pair.slice(at + 1)].map((text) => decodeURIComponent(text.trim())));
    const [key, value] = said ?? [];
    if (at < 1 || !key || value === undefined) continue;
    const metadata = more.length > 0 ? baggageEntryMetadataFromString(more.join(";").trim()) : undefined;
    entries.push([key, metadata ? { value, metadata } : { value }]);
  }
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
};
