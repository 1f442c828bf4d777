// Long animation frames, where the browser has them, else long tasks.

import { at } from "../clock";
import { Role } from "../event";
import { finish, start } from "../record";
import type { Scope } from "../scope";
import { observe, observes } from "./observe";

interface Script {
  duration: number;
  invoker: string;
  sourceURL: string;
}

interface LongFrame extends PerformanceEntry {
  blockingDuration?: number;
  scripts?: Script[];
}

const enum Limit {
  /** ms a frame blocks before it is told. */
  blocks = 50,
}

/** Begins to capture. */
export const captureLongTasks = (scope: Scope): void => {
  const frames = observes("long-animation-frame");
  observe(scope, frames ? "long-animation-frame" : "longtask", (entry: LongFrame) => {
    const { blockingDuration = 0, scripts = [], duration } = entry;
    if (frames && blockingDuration < Limit.blocks) return;
    const [longest] = [...scripts].sort((one, other) => other.duration - one.duration);
    const event = start(scope, Role.mark, { moment: at(entry.startTime), cause: null });
    const attributes = {
      "browser.long_animation_frame.blocking_duration": Math.round(blockingDuration) || undefined,
      "browser.long_animation_frame.invoker": longest?.invoker || undefined,
      "code.file.path": longest?.sourceURL || undefined,
    };
    finish(scope, event, frames ? "browser.long_animation_frame" : "browser.long_task", attributes, duration);
  });
};
