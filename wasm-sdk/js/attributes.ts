// What an app says about an event, made plain before anything of ours begins: reading it may run the app's code
// (getters, `toString`), which may record events itself; and what the app changes afterwards must not change what
// was recorded.

import { attempt } from "./guard";
import { counters } from "./stats";
import type { Attributes, Value } from "./wasm";

const enum Limit {
  /** UTF-16 units of a text that are kept; the module cuts by bytes. */
  maxText = 8_000,
  /** Attributes of an event, and texts of a list (OpenTelemetry SDK specification, "Attribute Limits"). */
  maxAttributes = 128,
}

const cut = (text: unknown): string => String(text).slice(0, Limit.maxText);

const plainValue = (value: unknown): Value | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.slice(0, Limit.maxAttributes).map(cut);
  return cut(value);
};

/** A copy of plain, bounded values. One that throws when it is read is left out, and counted. */
export const plainAttributes = (given: unknown): Attributes => {
  const plain: Attributes = {};
  let kept = 0;
  // A text has keys too.
  const keys = given instanceof Object ? attempt(() => Object.keys(given)) : [];
  if (!keys) counters.attributesLeftOut++;
  for (const key of keys ?? []) {
    try {
      const value = plainValue((given as Record<string, unknown>)[key]);
      if (value === undefined) continue;
      if (kept++ < Limit.maxAttributes) plain[key] = value;
      else counters.attributesLeftOut++;
    } catch {
      counters.attributesLeftOut++;
    }
  }
  return plain;
};

/** A name, whatever was given: a span without one is refused by some backends. */
export const plainName = (given: unknown): string => attempt(() => cut(given)) || "event";
