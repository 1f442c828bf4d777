// Which context is active, as far as a stack can tell: until the function that was called in it returns. Whatever weft
// records meanwhile by itself, or by `span`, is a child of the context's span; and inside `weft.span` that span is active.

import { createContextKey, ROOT_CONTEXT, trace, type Context, type ContextManager } from "@opentelemetry/api";
import { current } from "../begin";
import type { Started } from "../event";
import { startedOf, viewOf } from "./span";

/** Where exporters and the like ask not to be traced (`suppressTracing` of `@opentelemetry/core`). */
const SUPPRESSED = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

export class StackContextManager implements ContextManager {
  #enabled = false;
  #context: Context = ROOT_CONTEXT;
  // The event of its span, as it lies on weft's own stack.
  #started: Started | undefined;

  active(): Context {
    const handle = current();
    const top = handle?.running.at(-1);
    // `weft.span` was called in it.
    return handle && top && top !== this.#started ? trace.setSpan(this.#context, viewOf(handle, top)) : this.#context;
  }

  with<Args extends unknown[], F extends (...args: Args) => ReturnType<F>>(
    context: Context,
    work: F,
    thisArg?: ThisParameterType<F>,
    ...args: Args
  ): ReturnType<F> {
    if (!this.#enabled) return work.apply(thisArg, args);
    const [contextBefore, startedBefore] = [this.#context, this.#started];
    const running = current()?.running;
    this.#context = context;
    this.#started = startedOf(trace.getSpan(context));
    // None hides what runs around it: what looks there takes what is last, if it is one.
    running?.push(this.#started as Started);
    try {
      return work.apply(thisArg, args);
    } finally {
      running?.pop();
      this.#context = contextBefore;
      this.#started = startedBefore;
    }
  }

  bind<Target>(context: Context, target: Target): Target {
    if (typeof target !== "function") return target;
    const manager = this;
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return manager.with(context, () => target.apply(this, args) as unknown);
    };
    Object.defineProperty(bound, "length", { configurable: true, value: target.length });
    return bound as Target;
  }

  enable(): this {
    this.#enabled = true;
    return this;
  }

  disable(): this {
    this.#enabled = false;
    this.#context = ROOT_CONTEXT;
    this.#started = undefined;
    return this;
  }
}

/** Whether nothing is to be recorded in it. */
export const isSuppressed = (context: Context): boolean => context.getValue(SUPPRESSED) === true;
