// The only file that reads a clock.
//
// `performance.now()` stops while most systems sleep, and `performance.timeOrigin` never follows when the wall
// clock is set (https://github.com/w3c/hr-time/issues/115). So wall time is anchored anew whenever the two
// disagree; each anchor begins a clock epoch. Durations stay monotonic.

import { counters } from "./stats";

/** Disagreement in ms beyond which wall time is anchored anew. */
const TOLERANCE = 250;

/** From this many ms on, a new anchor is told as an event. */
const JUMP = 2_000;

/** Anchors kept: a late performance entry may belong to an epoch some sleeps ago. */
const MAX_ANCHORS = 16;

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
  const monotonic = performance.now();
  const wall = Date.now();
  const last = anchors.at(-1) ?? begin(monotonic, wall);
  const off = wall - (monotonic + last.offset);
  const before = lastSeen;
  lastSeen = monotonic;
  if (Math.abs(off) <= TOLERANCE) return last;
  // Whatever carries a time after the last look happened after the jump: nothing ran in between.
  return anchor({ epoch: last.epoch + 1, from: before, offset: wall - monotonic }, off);
};

// The time origin is finer than Date.now(), and right for what happened before we came. If the device slept since, or the
// clock was set, it is right no longer; nobody knows since when.
const begin = (monotonic: number, wall: number): Anchor => {
  const origin = { epoch: 0, from: 0, offset: performance.timeOrigin };
  anchors.push(origin);
  lastSeen = monotonic;
  const off = wall - (monotonic + origin.offset);
  return Math.abs(off) <= TOLERANCE ? origin : anchor({ epoch: 1, from: monotonic, offset: wall - monotonic }, off);
};

const anchor = (next: Anchor, off: number): Anchor => {
  anchors.push(next);
  if (anchors.length > MAX_ANCHORS) anchors.shift();
  counters.clockAnchors++;
  if (Math.abs(off) >= JUMP) onJump(off);
  return next;
};

/** Now. */
export const now = (): Moment => {
  const anchor = check();
  const monotonic = performance.now();
  return { wall: monotonic + anchor.offset, monotonic, epoch: anchor.epoch };
};

/** The moment of a DOM event or performance entry, which carry monotonic time. */
export const at = (monotonic: number): Moment => {
  check();
  const anchor = anchors.findLast((anchor) => anchor.from <= monotonic) ?? anchors[0];
  return { wall: monotonic + (anchor?.offset ?? 0), monotonic, epoch: anchor?.epoch ?? 0 };
};

/** Monotonic ms, for waits: setting the wall clock must neither stretch nor cut them. */
export const monotonicNow = (): number => performance.now();

/** Wall time in ms, for what other tabs or later pages compare: their monotonic clocks are not ours. */
export const wallNow = (): number => Date.now();

/** A wall time for people. */
export const inWords = (wall: number): string => new Date(wall).toISOString();
