// Puts something in the place of a global of the page, and gives back what is still ours.

import { safely } from "./guard";
import type { Scope } from "./scope";
import { counters } from "./stats";

/** Whether it can be called. */
export const isCallable = (work: unknown): work is (...args: unknown[]) => unknown => typeof work === "function";

/** Puts something in the place of a function of `target` until the scope is shut down, if there is one. */
export const patch = <Target extends object, Name extends keyof Target>(
  { undos }: Scope,
  target: Target,
  name: Name,
  wrap: (original: Target[Name]) => Target[Name],
): void => {
  const original = target[name];
  if (!isCallable(original)) return;
  const own = Object.getOwnPropertyDescriptor(target, name);
  const wrapped = wrap(original);
  target[name] = wrapped;
  undos.push(() => {
    // Somebody may have wrapped ours since: then it stays, as a pass-through for them.
    if (target[name] !== wrapped) counters.stillPatched.push(String(name));
    else if (own) Object.defineProperty(target, name, own);
    else delete target[name];
  });
};

/** What is made of a class of the page is shown to `watch`. */
export const patchClass = <Name extends "MessageChannel" | "WebSocket" | "EventSource">(
  scope: Scope,
  name: Name,
  watch: (made: InstanceType<(typeof window)[Name]>) => void,
): void =>
  patch(
    scope,
    window as Window & Record<Name, (typeof window)[Name]>,
    name,
    (original) =>
      new Proxy(original, {
        construct(target, args, newTarget) {
          const made = Reflect.construct(target, args, newTarget) as InstanceType<(typeof window)[Name]>;
          if (!scope.closed) safely(watch, made);
          return made;
        },
      }),
  );
