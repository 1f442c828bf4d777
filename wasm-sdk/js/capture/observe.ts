// Performance entries, from an observer that is registered once. A browser that does not know a type has none.

import { guarded } from "../guard";

/** Hands every entry of `type` to `heard`. Returns what undoes it. */
export const observe = <Entry extends PerformanceEntry>(
  type: string,
  options: PerformanceObserverInit & { durationThreshold?: number },
  heard: (entry: Entry) => void,
): (() => void) => {
  if (typeof PerformanceObserver !== "function" || !PerformanceObserver.supportedEntryTypes.includes(type))
    return () => {};
  const one = guarded(heard);
  const observer = new PerformanceObserver((list) => (list.getEntries() as Entry[]).forEach((entry) => one(entry)));
  try {
    observer.observe({ type, buffered: true, ...options });
  } catch {
    return () => {};
  }
  return () => observer.disconnect();
};
