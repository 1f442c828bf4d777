// The other side of the module's ABI (src/lib.rs): writes frames (src/frame.rs), calls, reads bytes back.

import type { Call } from "./event";
import type { Ready, Scope } from "./scope";
import { counters } from "./stats";

export type Value = string | number | boolean | string[];
export type Attributes = Record<string, Value | undefined>;

/** Its numbers go to the module in this order. */
export interface Begin {
  number: number;
  /** Wall time in ms. */
  start: number;
  epoch: number;
  role: number;
  /** Number of the event that made this one happen, or -1; and whether that is a guess. */
  cause: number;
  inferred: boolean;
  /** Number of the event this ends inside of, or -1. */
  parent: number;
  /** Number of the event whose trace this is in: its own, if it is a root. */
  root: number;
}

/** Goes to the module in this order. */
export interface Finish {
  number: number;
  /** Monotonic, in ms. */
  duration: number;
  kind: number;
  status: number;
  /** Its parent ended before it. */
  demoted: boolean;
  name: string;
  attributes: Attributes;
}

/** An event that has started and stays open for long. Goes to the module in this order. */
export interface Long {
  number: number;
  kind: number;
  name: string;
  attributes: Attributes;
}

/** A link from an open event. */
export interface Link {
  number: number;
  /** Bits of proto's `LinkKinds`. */
  kinds: number;
  /** A kind of the app's own, with the bit `named`. */
  name: string;
  /** What it points to: trace and span id, 48 hex digits. */
  to: string;
}

/** Ids in hex. */
export interface SessionFrame {
  id: string;
  previous: string | undefined;
  randomness: string;
  root: string | undefined;
}

export interface Sealed {
  form: number;
  digest: number;
  body: Uint8Array<ArrayBuffer>;
}

/** What the page is when a batch is sealed; the bits that proto's `OpenState` has. */
export const enum PageState {
  visible = 1,
  idle = 2,
  hidden = 3,
  frozen = 4,
  gone = 5,
}

/** Of `finish`: nothing was done, because the batch would outgrow what can outlive the page; -1: it was refused. */
export const SEAL_FIRST = -2;

/** The module: functions of numbers and, last, of how many bytes the frame has that lies in its buffer. */
export type Module = Record<Asked, (...numbers: unknown[]) => number> & {
  memory: WebAssembly.Memory;
  buffer(): number;
  output(): number;
};

type Asked = Call[0] | "resource" | "dropped" | "seal" | "tail" | "head" | "behind" | "ack";

/** What one is given: numbers as arguments; ids and what the collector said, names and reasons, attributes in a frame. */
type Given = number | boolean | string | Uint8Array | Attributes;

/** Bytes of the buffer for frames. */
const BUFFER_BYTES = 48 * 1024;

const encoder = new TextEncoder();

// The frame that is being written. Nothing else runs until it is.
let frame = new Uint8Array();
let view: DataView;
let at = 0;

const byte = (value: number): void => view.setUint8(at++, value);

const word = (value: number): void => {
  view.setUint32(at, value, true);
  at += 4;
};

const text = (value: string): void => {
  const start = at + 4;
  const { length } = value;
  let code = 0;
  // Short and plain, as names and keys are, it is faster written here than by the encoder.
  if (length < 64 && start + length < frame.length) {
    let next = 0;
    while (next < length && (code = value.charCodeAt(next)) < 128) frame[start + next++] = code;
    if (next === length) {
      word(length);
      at += length;
      return;
    }
  }
  const { read, written } = encoder.encodeInto(value, frame.subarray(at + 4));
  if (read < value.length) throw new RangeError();
  word(written);
  at += written;
};

const oneOf = (value: Value): void => {
  if (typeof value === "number") {
    byte(Number.isSafeInteger(value) ? 2 : 3);
    view.setFloat64(at, value, true);
    at += 8;
  } else if (typeof value === "boolean") {
    byte(1);
    byte(Number(value));
  } else if (typeof value === "string") {
    byte(0);
    text(value);
  } else {
    byte(4);
    word(value.length);
    value.forEach(text);
  }
};

/** Those that do not fit any more are left out. */
const attributes = (all: Attributes): void => {
  const countAt = at;
  let count = 0;
  word(0);
  for (const [key, value] of Object.entries(all)) {
    if (value === undefined) continue;
    const from = at;
    try {
      text(key);
      oneOf(value);
      count++;
    } catch {
      at = from;
      counters.attributesLeftOut++;
    }
  }
  view.setUint32(countAt, count, true);
};

/** Calls the module. */
export const ask = (module: Module, what: Asked, ...given: Given[]): number => {
  // Any call may let memory grow, which detaches its buffer: it is looked at each time anew, after all others.
  frame = new Uint8Array(module.memory.buffer, module.buffer(), BUFFER_BYTES);
  view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  at = 0;
  const numbers: unknown[] = [];
  for (const value of given) {
    if (typeof value === "string") text(value);
    else if (value instanceof Uint8Array) {
      frame.set(value, at);
      at += value.length;
    } else if (typeof value === "object") attributes(value);
    else numbers.push(value);
  }
  return module[what](...numbers, at);
};

/** What the module has to say after a call that returned `length`. */
export const answerOf = (module: Module, length: number): Uint8Array<ArrayBuffer> => {
  const from = module.output();
  return new Uint8Array(module.memory.buffer, from, length).slice();
};

/** What waits, sealed; as a `tail` it goes on waiting. Undefined: nothing waits. */
export const sealed = (module: Module, what: "seal" | "tail", wall: number, state: PageState): Sealed | undefined => {
  const out = answerOf(module, ask(module, what, wall, state));
  if (out.length === 0) return undefined;
  return { form: out[0] ?? 0, digest: new DataView(out.buffer).getUint32(1, true), body: out.subarray(5) };
};

/** Whether the module is there. */
export const isReady = (scope: Scope): scope is Ready => scope.module !== undefined;
