// dist/weft.wasm.js, which `cargo xtask wasm` makes: the module compiled to JavaScript.

import type { Module } from "./wasm";

/** A new instance: there is one for each key. */
declare const instantiate: () => Module;
export default instantiate;
