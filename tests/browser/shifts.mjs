// How far time was moved so far, as the script that a new document runs before its own.

export class Shifts {
  #script;
  #total = 0;

  constructor(script) {
    this.#script = script;
  }

  add(ms) {
    this.#total += ms;
  }

  /** Monotonic clocks start afresh with a document; only wall time is carried over. */
  script() {
    return `${this.#script}\n;window.__weftShiftFrom(${this.#total});`;
  }
}
