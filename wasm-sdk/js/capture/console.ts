// `console.error`, where the page wants that: its texts may hold anything.

import { Role, Status } from "../event";
import { safely } from "../guard";
import { patch } from "../patch";
import { finish, start } from "../record";
import type { Scope } from "../scope";

const enum Limit {
  /** UTF-16 units of one message. */
  maxText = 1_000,
}

/** Begins to capture. */
export const captureConsole = (scope: Scope): void => {
  let inside = false;
  const tell = (args: unknown[]): void => {
    const text = args.map((arg) => (arg instanceof Error ? `${arg.name}: ${arg.message}` : String(arg))).join(" ");
    const started = start(scope, Role.none);
    const attributes = { "browser.console.level": "error", "browser.console.message": text.slice(0, Limit.maxText) };
    finish(scope, started, "browser.console", attributes, 0, undefined, Status.error);
  };
  patch(scope, console, "error", (original) => (...args: unknown[]) => {
    // What is read here may write to the console itself.
    if (!scope.closed && !inside) {
      inside = true;
      safely(tell, args);
      inside = false;
    }
    original.apply(console, args);
  });
};
