// The words of an event between its capture and the module: what it is, what may be known of it, how it ends.

import type { Moment } from "./clock";
import type { Session } from "./session";
import type { Attributes, Begin, Finish, Link, Long, SessionFrame } from "./wasm";

/** What an event is; bits. */
export const enum Role {
  none = 0,
  pageLoad = 1,
  view = 2,
  interaction = 4,
  mark = 8,
}

/** OpenTelemetry's kinds of spans that there are here. */
export const enum Kind {
  internal = 1,
  client = 3,
}

export const enum Status {
  unset = 0,
  error = 2,
}

/** The bits of proto's `LinkKinds` that JavaScript declares. */
export const enum LinkKind {
  cause = 1,
  opener = 32,
  restored = 64,
  server = 256,
  named = 512,
}

/** What made an event happen, and whether that is a guess. */
export interface Cause {
  number: number;
  inferred: boolean;
}

/** An event that has started. */
export interface Started {
  number: number;
  moment: Moment;
  session: Session;
  /** The event whose trace this is in: itself, or the root above it. */
  root: Started;
  parent: Started | undefined;
  ended: boolean;
  /** Whether its parent had ended when it did, where that is told later. */
  demoted?: boolean;
  /** What was said of all events at that time. */
  shared: Attributes;
}

/** What may be known of an event when it starts. */
export interface Known {
  moment?: Moment;
  /** `null`: nothing made it happen, nobody need guess. */
  cause?: Cause | null;
  parent?: Started | undefined;
}

/** An event as `beforeRecord` may change it. */
export interface Recorded {
  name: string;
  attributes: Attributes;
  /** ms. */
  readonly duration: number;
}

export type BeforeRecord = (event: Recorded) => Recorded | null | undefined;

/** What the module is told, in the words of the wire (proto/WIRE.md, "The JSON form"). */
export type Call =
  | ["session", SessionFrame]
  | ["begin", Begin]
  | ["link", Link]
  | ["long", Long]
  | ["finish", Finish]
  | ["cancel", number];

/** `error.type` of anything that was thrown. */
export const errorType = (error: unknown): string => (error instanceof Error ? error.name : "_OTHER");

/** It is known, not guessed. */
export const certainly = (number: number): Cause => ({ number, inferred: false });
