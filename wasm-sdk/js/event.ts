// The words of an event between its capture and the module: what it is, what may be known of it, how it ends.

import { now, type Moment } from "./clock";
import type { Session } from "./session";
import type { Attributes, Begin, Finish, Link, Long, SessionFrame } from "./wasm";

export const role = { none: 0, pageLoad: 1, view: 2, interaction: 4, mark: 8 } as const;
export const kind = { internal: 1, client: 3 } as const;
export const status = { unset: 0, error: 2 } as const;

/** The bits of proto's `LinkKinds` that JavaScript declares. */
export const linkKind = { cause: 1, opener: 1 << 5, restored: 1 << 6, server: 1 << 8, named: 1 << 9 } as const;

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

export interface Ended {
  /** Monotonic ms. */
  duration: number;
  name: string;
  attributes: Attributes;
  kind?: number;
  status?: number;
}

/** An event as `beforeRecord` may change it. */
export interface Recorded {
  name: string;
  attributes: Attributes;
  /** ms. */
  readonly duration: number;
}

export type BeforeRecord = (event: Recorded) => Recorded | null | undefined;

export type Call =
  | ["session", SessionFrame]
  | ["begin", Begin]
  | ["link", Link]
  | ["long", Long]
  | ["finish", Finish]
  | ["cancel", number];

/** `error.type` of anything that was thrown. */
export const errorType = (error: unknown): string => (error instanceof Error ? error.name : "_OTHER");

/** ms from the start of `started` until now; and how long the device slept meanwhile, if it did. */
export const elapsed = (started: Started): { duration: number; attributes: Attributes } => {
  const end = now();
  const duration = Math.max(0, end.monotonic - started.moment.monotonic);
  const slept = end.wall - started.moment.wall - duration;
  const suspended = end.epoch !== started.moment.epoch && slept > 0 ? Math.round(slept) : undefined;
  return { duration, attributes: { "weft.suspended_ms": suspended } };
};
