// Fetches and compiles the module.

import { plainFetch } from "./plain";
import type { Module } from "./wasm";

/** Loads the module; compiled to JavaScript, if WebAssembly is not `wanted` or refused. */
export const loadModule = async (url: URL, wanted: boolean): Promise<Module> => {
  if (wanted && window.WebAssembly) {
    const response = await plainFetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
    if (!response.ok) throw new Error(`${url.href}: ${response.status}`);
    try {
      // Not streamed: that needs the right MIME type, and a module this small is compiled at once.
      return (await WebAssembly.instantiate(await response.arrayBuffer())).instance.exports as unknown as Module;
    } catch (error) {
      // Only a policy says CompileError about a module that is whole (CSP without `wasm-unsafe-eval`).
      if (!(error instanceof WebAssembly.CompileError)) throw error;
    }
  }
  // By its name and beside this script, so that bundlers find it, too.
  return (await import("./weft.wasm.js")).default();
};
