// `console.error`, where the page wants that: its texts may hold anything.

import { patch } from "../patch";
import { guarded } from "../guard";
import { role, status } from "../event";
import type { Scope } from "../scope";

/** UTF-16 units of one message. */
const MAX_TEXT = 1_000;

/** Begins to capture. Returns what undoes it. */
export const captureConsole = (scope: Scope): (() => void) => {
  let active = true;
  let inside = false;
  const said = guarded((args: unknown[]): void => {
    const text = args.map((arg) => (arg instanceof Error ? `${arg.name}: ${arg.message}` : String(arg))).join(" ");
    const started = scope.recorder.start(role.none);
    const attributes = { "browser.console.level": "error", "browser.console.message": text.slice(0, MAX_TEXT) };
    scope.recorder.finish(started, { duration: 0, name: "browser.console", attributes, status: status.error });
  });
  const undo = patch(console, "error", (original) => (...args: unknown[]) => {
    // What is read here may write to the console itself.
    if (active && !inside) {
      inside = true;
      said(args);
      inside = false;
    }
    original.apply(console, args);
  });
  return () => {
    active = false;
    undo();
  };
};
