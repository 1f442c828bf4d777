// Long animation frames, where the browser has them, else long tasks.

import { at } from "../clock";
import { role } from "../event";
import type { Scope } from "../scope";
import { observe } from "./observe";

interface Script {
  duration: number;
  invoker: string;
  sourceURL: string;
}

interface LongFrame extends PerformanceEntry {
  blockingDuration?: number;
  scripts?: Script[];
}

/** ms a frame blocks before it is told. */
const BLOCKS = 50;

/** Begins to capture. Returns what undoes it. */
export const captureLongTasks = (scope: Scope): (() => void) => {
  const frames = PerformanceObserver.supportedEntryTypes.includes("long-animation-frame");
  return observe(frames ? "long-animation-frame" : "longtask", {}, (entry: LongFrame) => {
    if (frames && (entry.blockingDuration ?? 0) < BLOCKS) return;
    const longest = entry.scripts?.reduce<Script | undefined>(
      (one, other) => (one && one.duration >= other.duration ? one : other),
      undefined,
    );
    const event = scope.recorder.start(role.mark, { moment: at(entry.startTime), cause: null });
    scope.recorder.finish(event, {
      duration: entry.duration,
      name: frames ? "browser.long_animation_frame" : "browser.long_task",
      attributes: {
        "browser.long_animation_frame.blocking_duration": entry.blockingDuration && Math.round(entry.blockingDuration),
        "browser.long_animation_frame.invoker": longest?.invoker || undefined,
        "code.file.path": longest?.sourceURL || undefined,
      },
    });
  });
};
