// @weft/browser/otel: spans of OpenTelemetry's API become events of weft. docs/otel.md says what becomes what.
//
//     import { init } from "@weft/browser";
//     import { register } from "@weft/browser/otel";
//     init({ key: "pk_…", endpoint: "/api/telemetry" });
//     register();

import { context, propagation, trace, type ContextManager, type TextMapPropagator } from "@opentelemetry/api";
import { StackContextManager } from "./otel/context";
import { WeftPropagator } from "./otel/propagator";
import { WeftTracerProvider } from "./otel/tracer";

export { StackContextManager, WeftPropagator, WeftTracerProvider };

export interface Registration {
  /** Another one, for example zone.js's; `null`: the app has registered its own. */
  contextManager?: ContextManager | null;
  /** Another one; `null`: the app has registered its own, or nothing is to be propagated. */
  propagator?: TextMapPropagator | null;
}

/**
 * Registers weft with OpenTelemetry's API. Before or after `init`: spans are recorded from `init` on. On a server it does
 * nothing, where another provider has to be.
 */
export const register = ({ contextManager, propagator }: Registration = {}): void => {
  if (typeof document === "undefined") return;
  trace.setGlobalTracerProvider(new WeftTracerProvider());
  if (contextManager !== null) context.setGlobalContextManager((contextManager ?? new StackContextManager()).enable());
  if (propagator !== null) propagation.setGlobalPropagator(propagator ?? new WeftPropagator());
};
