// The other side of the module's ABI (src/lib.rs): writes frames (src/frame.rs), calls, reads bytes back.

import { counters } from "./stats";

export type Value = string | number | boolean | string[];
export type Attributes = Record<string, Value | undefined>;

export interface Begin {
  number: number;
  /** Wall time in ms. */
  start: number;
  epoch: number;
  role: number;
  /** Number of the event that made this one happen, or -1. */
  cause: number;
}

export interface Finish {
  number: number;
  /** Monotonic, in ms. */
  duration: number;
  kind: number;
  status: number;
  name: string;
  attributes: Attributes;
}

export interface SessionFrame {
  id: Uint8Array;
  previous: Uint8Array | undefined;
  randomness: Uint8Array;
  root: Uint8Array | undefined;
}

export interface Sealed {
  form: number;
  digest: number;
  body: Uint8Array;
}

/** Of `Module.finish`: the event was refused, and counted. */
export const REFUSED = -1;

/** Of `Module.finish`: nothing was done, because the batch would outgrow what can outlive the page. */
export const SEAL_FIRST = -2;

interface Exports {
  memory: WebAssembly.Memory;
  buffer(): number;
  buffer_bytes(): number;
  output(): number;
  page(length: number): void;
  resource(length: number): void;
  session(length: number): void;
  begin(length: number): void;
  finish(length: number): number;
  dropped(length: number): void;
  seal(): number;
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
    const frame = this.frame().raw(id).byte(previous ? 1 : 0).raw(previous ?? NO_ID.subarray(0, 16));
    frame.raw(randomness).byte(root ? 1 : 0).raw(root ?? NO_ID);
    this.wasm.session(frame.length);
  }

  begin({ number, start, epoch, role, cause }: Begin): void {
    this.wasm.begin(this.frame().float(number).float(start).word(epoch).byte(role).float(cause).length);
  }

  /** Returns about how many bytes wait to be sealed; `REFUSED`, or `SEAL_FIRST` and then call again. */
  finish({ number, duration, kind, status, name, attributes }: Finish): number {
    const frame = this.frame().float(number).float(duration).byte(kind).byte(status);
    return this.wasm.finish(frame.text(name).attributes(attributes).length);
  }

  dropped(reason: string, count: number): void {
    this.wasm.dropped(this.frame().text(reason).float(count).length);
  }

  /** What waits, sealed; undefined: nothing waits. */
  seal(): Sealed | undefined {
    const out = this.output(this.wasm.seal());
    if (out.length === 0) return undefined;
    const digest = new DataView(out.buffer).getUint32(1, true);
    return { form: out[0] ?? 0, digest, body: out.subarray(5) };
  }

  head(sealed: Sealed, number: number, sendTime: number, epoch: number): Uint8Array {
    const frame = this.frame().byte(sealed.form).word(sealed.digest).float(number);
    return this.output(this.wasm.head(frame.float(sendTime).word(epoch).length));
  }

  /** ms to wait before sending again; -1: `answer` does not acknowledge this batch. */
  ack(sealed: Sealed, number: number, answer: Uint8Array): number {
    if (answer.length > 1024) return -1;
    return this.wasm.ack(this.frame().word(sealed.digest).float(number).raw(answer).length);
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

/** Fetches and compiles the module. */
export const load = async (url: URL, fetch: typeof window.fetch): Promise<Module> => {
  const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`weft: ${url.href} answered ${response.status}`);
  // Streaming needs the MIME type application/wasm; a server that says otherwise costs time, not telemetry.
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  const { instance } = streams
    ? await WebAssembly.instantiateStreaming(response)
    : await WebAssembly.instantiate(await response.arrayBuffer());
  return new Module(instance.exports as unknown as Exports);
};
