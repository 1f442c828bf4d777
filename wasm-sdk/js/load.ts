// Fetches and compiles the module.

import { plainFetch } from "./plain";
import { Module, type Exports } from "./wasm";

/** Where the module is, and the same compiled to JavaScript. */
export interface Sources {
  wasm: URL;
  /** For pages whose policy forbids WebAssembly (CSP without `wasm-unsafe-eval`). */
  js: URL;
}

/** Loads the module; as JavaScript, if `wanted` says so or WebAssembly is refused. */
export const loadModule = async ({ wasm, js }: Sources, wanted: boolean): Promise<Module> => {
  if (!wanted || typeof WebAssembly === "undefined") return loadJs(js);
  try {
    return await loadWasm(wasm);
  } catch (error) {
    // Only a policy says CompileError about a module that is whole; a network that fails is no reason to fetch more.
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    return loadJs(js);
  }
};

const loadWasm = async (url: URL): Promise<Module> => {
  const response = await plainFetch(url, { credentials: "omit", referrerPolicy: "no-referrer" });
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
  // Streaming needs the MIME type application/wasm; a server that says otherwise costs time, not telemetry.
  const streams = response.headers.get("content-type")?.startsWith("application/wasm");
  const { instance } = streams
    ? await WebAssembly.instantiateStreaming(response)
    : await WebAssembly.instantiate(await response.arrayBuffer());
  return new Module(instance.exports as unknown as Exports);
};

let copies = 0;

const loadJs = async (url: URL): Promise<Module> => {
  // One instance for each key: modules are told apart by their whole address.
  const address = `${url.href}#${copies++}`;
  return new Module((await import(/* @vite-ignore */ /* webpackIgnore: true */ address)) as Exports);
};
