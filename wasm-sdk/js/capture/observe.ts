// Performance entries, from an observer that is registered once. A browser that does not know a type has none.

import { attempt, guarded } from "../guard";
import type { Scope } from "../scope";

export const observes = (type: string): boolean =>
  attempt(() => PerformanceObserver.supportedEntryTypes)?.includes(type) ?? false;

/** Hands every entry of `type` to `heard`. */
export const observe = <Entry extends PerformanceEntry>(
  scope: Scope,
  type: string,
  heard: (entry: Entry) => void,
): void => {
  if (!observes(type)) return;
  const one = guarded(heard);
  const observer = new PerformanceObserver((list) => (list.getEntries() as Entry[]).forEach((entry) => one(entry)));
  observer.observe({ type, buffered: true });
  scope.undos.push(() => observer.disconnect());
};
