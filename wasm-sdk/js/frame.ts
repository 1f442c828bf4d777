// Bytes that the module which applies a policy answers with, as values: the other half of src/frame.rs.

import type { Attributes, Value } from "./wasm";

/** Reads what the module says (src/frame.rs). */
export class Frame {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {
    this.view = new DataView(bytes.buffer);
  }

  ended(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.view.getUint8(this.at++);
  }

  float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  private word(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  text(): string {
    const length = this.word();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }

  attributes(): Attributes {
    const count = this.word();
    const all: Attributes = {};
    for (let read = 0; read < count; read++) all[this.text()] = this.value();
    return all;
  }

  private value(): Value {
    return this.byte() ? this.float() : this.text();
  }
}
