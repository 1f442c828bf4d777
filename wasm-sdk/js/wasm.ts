// The other side of the module's ABI (src/lib.rs): writes frames (src/frame.rs), calls, reads bytes back.

import { unhex } from "./ids";
import { counters } from "./stats";

export type Value = string | number | boolean | string[];
export type Attributes = Record<string, Value | undefined>;

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

/** An event that has started and stays open for long. */
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
export const pageState = { visible: 1, idle: 2, hidden: 3, frozen: 4, gone: 5 } as const;

/** Of `Module.finish`: the event was refused, and counted. */
export const REFUSED = -1;

/** Of `Module.finish`: nothing was done, because the batch would outgrow what can outlive the page. */
export const SEAL_FIRST = -2;

export interface Exports {
  memory: WebAssembly.Memory;
  buffer(): number;
  buffer_bytes(): number;
  output(): number;
  page(length: number): void;
  resource(length: number): void;
  session(length: number): void;
  begin(length: number): void;
  link(length: number): void;
  long(length: number): number;
  cancel(length: number): void;
  finish(length: number): number;
  dropped(length: number): void;
  seal(length: number): number;
  tail(length: number): number;
  head(length: number): number;
  ack(length: number): number;
}

const encoder = new TextEncoder();

/** Writes one frame. Attributes that do not fit any more are left out. */
class Frame {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.at;
  }

  byte(value: number): this {
    this.view.setUint8(this.at, value);
    this.at += 1;
    return this;
  }

  word(value: number): this {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
    return this;
  }

  float(value: number): this {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  text(text: string): this {
    const room = this.bytes.subarray(this.at + 4);
    const { read, written } = encoder.encodeInto(text, room);
    if (read < text.length) throw new RangeError("frame full");
    this.word(written);
    this.at += written;
    return this;
  }

  value(value: Value): this {
    if (typeof value === "string") return this.byte(0).text(value);
    if (typeof value === "boolean") return this.byte(1).byte(value ? 1 : 0);
    if (typeof value === "number") return this.byte(Number.isSafeInteger(value) ? 2 : 3).float(value);
    this.byte(4).word(value.length);
    for (const text of value) this.text(text);
    return this;
  }

  attributes(attributes: Attributes): this {
    const countAt = this.at;
    let count = 0;
    this.word(0);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined) continue;
      const from = this.at;
      try {
        this.text(key).value(value);
        count++;
      } catch {
        this.at = from;
        counters.attributesLeftOut++;
      }
    }
    this.view.setUint32(countAt, count, true);
    return this;
  }
}

const NO_ID = new Uint8Array(24);

/** The module, typed. */
export class Module {
  constructor(private readonly wasm: Exports) {}

  page(seed: Uint8Array): void {
    this.wasm.page(this.frame().raw(seed).length);
  }

  resource(attributes: Attributes): void {
    this.wasm.resource(this.frame().attributes(attributes).length);
  }

  session({ id, previous, randomness, root }: SessionFrame): void {
    const frame = this.frame()
      .raw(unhex(id))
      .byte(previous ? 1 : 0)
      .raw(previous ? unhex(previous) : NO_ID.subarray(0, 16));
    frame
      .raw(unhex(randomness))
      .byte(root ? 1 : 0)
      .raw(root ? unhex(root) : NO_ID);
    this.wasm.session(frame.length);
  }

  begin({ number, start, epoch, role, cause, inferred, parent, root }: Begin): void {
    const frame = this.frame().float(number).float(start).word(epoch).byte(role).float(cause);
    this.wasm.begin(
      frame
        .byte(inferred ? 1 : 0)
        .float(parent)
        .float(root).length,
    );
  }

  link({ number, kinds, name, to }: Link): void {
    this.wasm.link(this.frame().float(number).word(kinds).raw(unhex(to)).text(name).length);
  }

  /** Returns about how many bytes wait to be sealed. */
  long({ number, kind, name, attributes }: Long): number {
    return this.wasm.long(this.frame().float(number).byte(kind).text(name).attributes(attributes).length);
  }

  cancel(number: number): void {
    this.wasm.cancel(this.frame().float(number).length);
  }

  /** Returns about how many bytes wait to be sealed; `REFUSED`, or `SEAL_FIRST` and then call again. */
  finish({ number, duration, kind, status, demoted, name, attributes }: Finish): number {
    const frame = this.frame()
      .float(number)
      .float(duration)
      .byte(kind)
      .byte(status)
      .byte(demoted ? 1 : 0);
    return this.wasm.finish(frame.text(name).attributes(attributes).length);
  }

  dropped(reason: string, count: number): void {
    this.wasm.dropped(this.frame().text(reason).float(count).length);
  }

  /** What waits, sealed; undefined: nothing waits. `wall` in ms and the page's state are said of what is open for long. */
  seal(wall: number, state: number): Sealed | undefined {
    return this.sealed(this.wasm.seal(this.frame().float(wall).byte(state).length));
  }

  /** The same, and it goes on waiting: what another page shall send if this one is gone. */
  tail(wall: number): Sealed | undefined {
    return this.sealed(this.wasm.tail(this.frame().float(wall).byte(pageState.gone).length));
  }

  /** The head for one try to send a batch of the page with this seed. */
  head(seed: Uint8Array, sealed: Sealed, number: number, sendTime: number, epoch: number): Uint8Array {
    const frame = this.frame().raw(seed).byte(sealed.form).word(sealed.digest).float(number);
    return this.output(this.wasm.head(frame.float(sendTime).word(epoch).length));
  }

  /** ms to wait before sending again; -1: `answer` does not acknowledge this batch. */
  ack(sealed: Sealed, number: number, answer: Uint8Array): number {
    if (answer.length > 1024) return -1;
    return this.wasm.ack(this.frame().word(sealed.digest).float(number).raw(answer).length);
  }

  private sealed(length: number): Sealed | undefined {
    if (length === 0) return undefined;
    const out = this.output(length);
    const digest = new DataView(out.buffer).getUint32(1, true);
    return { form: out[0] ?? 0, digest, body: out.subarray(5) };
  }

  // Any call may let memory grow, which detaches its buffer: the buffer is read after the last call, each time anew.
  private frame(): Frame {
    const [at, length] = [this.wasm.buffer(), this.wasm.buffer_bytes()];
    return new Frame(new Uint8Array(this.wasm.memory.buffer, at, length));
  }

  private output(length: number): Uint8Array<ArrayBuffer> {
    const at = this.wasm.output();
    return new Uint8Array(this.wasm.memory.buffer, at, length).slice();
  }
}
