// The only file that reads a clock.
//
// `performance.now()` stops while most systems sleep, and `performance.timeOrigin` never follows when the wall
// clock is set (https://github.com/w3c/hr-time/issues/115). So wall time is anchored anew whenever the two
// disagree; each anchor begins a clock epoch. Durations stay monotonic.

import { counters } from "./stats";

const enum Limit {
  /** Disagreement in ms beyond which wall time is anchored anew. */
  tolerance = 250,
  /** From this many ms on, a new anchor is told as an event. */
  jump = 2_000,
  /** Anchors kept: a late performance entry may belong to an epoch some sleeps ago. */
  maxAnchors = 16,
}

interface Anchor {
  epoch: number;
  /** Monotonic time from which on this anchor counts. */
  from: number;
  /** Wall minus monotonic time. */
  offset: number;
}

/** A moment on both clocks, in ms. */
export interface Moment {
  wall: number;
  monotonic: number;
  epoch: number;
}

const anchors: Anchor[] = [];
let lastSeen = 0;
// What jumped before anybody listened is told to the first who does.
let jumped = 0;
let onJump: (ms: number) => void = (ms) => void (jumped += ms);

/** `heard` hears of every new anchor that moves wall time by 2 s or more. */
export const watchClock = (heard: (ms: number) => void): void => {
  onJump = heard;
  if (jumped) heard(jumped);
  jumped = 0;
  check();
};

/** Compares the clocks and anchors anew if they disagree. Called whenever something is recorded. */
const check = (): Anchor => {
  const [monotonic, wall] = [performance.now(), Date.now()];
  let last = anchors.at(-1);
  // Whatever carries a time after the last look happened after the jump: nothing ran in between.
  const from = last ? lastSeen : monotonic;
  // The time origin is finer than Date.now(), and right for what happened before we came. If the device slept since, or
  // the clock was set, it is right no longer; nobody knows since when.
  if (!last) anchors.push((last = { epoch: 0, from: 0, offset: performance.timeOrigin }));
  lastSeen = monotonic;
  const off = wall - monotonic - last.offset;
  if (Math.abs(off) <= Limit.tolerance) return last;
  anchors.push((last = { epoch: last.epoch + 1, from, offset: wall - monotonic }));
  if (anchors.length > Limit.maxAnchors) anchors.shift();
  counters.clockAnchors++;
  if (Math.abs(off) >= Limit.jump) onJump(off);
  return last;
};

const momentAt = ({ offset, epoch }: Anchor, monotonic: number): Moment => ({
  wall: monotonic + offset,
  monotonic,
  epoch,
});

/** Now. */
export const now = (): Moment => momentAt(check(), performance.now());

/** The moment of a DOM event or performance entry, which carry monotonic time. */
export const at = (monotonic: number): Moment => {
  const last = check();
  return momentAt(anchors.findLast(({ from }) => from <= monotonic) ?? anchors[0] ?? last, monotonic);
};

/** Monotonic ms, for waits: setting the wall clock must neither stretch nor cut them. */
export const monotonicNow = (): number => performance.now();

/** Wall time in ms, for what other tabs or later pages compare: their monotonic clocks are not ours. */
export const wallNow = (): number => Date.now();

/** A wall time for people. */
export const inWords = (wall: number): string => new Date(wall).toISOString();
