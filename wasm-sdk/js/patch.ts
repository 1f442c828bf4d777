// Puts something in the place of a global of the page, and gives back what is still ours.

import { counters } from "./stats";

/** Whether it can be called. */
export const isCallable = (work: unknown): work is (...args: unknown[]) => unknown => typeof work === "function";

export type Undo = () => void;

/** Puts `wrapped` in the place of a function of `target`. Returns what undoes it, as far as it is still ours. */
export const patch = <Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  wrap: (original: Target[Name]) => Target[Name],
): Undo => {
  const original = target[name];
  if (!isCallable(original)) return () => {};
  const own = Object.getOwnPropertyDescriptor(target, name);
  const wrapped = wrap(original);
  target[name] = wrapped;
  return () => {
    // Somebody may have wrapped ours since: then it stays, as a pass-through for them.
    if (target[name] !== wrapped) return void counters.stillPatched.push(String(name));
    if (own) Object.defineProperty(target, name, own);
    else delete target[name];
  };
};
