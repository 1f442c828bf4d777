// Bundles js/ into ES modules beside the wasm file, which `cargo xtask wasm` puts into dist/: what every page loads,
// and chunks that are fetched only when they are needed.
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";
import { bundling } from "./bundling.mjs";

for (const name of readdirSync("dist")) if (/^chunk-/.test(name)) rmSync(`dist/${name}`);

const common = { ...bundling, sourcemap: true, outdir: "dist", chunkNames: "chunk-[name]-[hash]" };

// The two that are used together share what they have in common; the other is one file for a script tag.
await build({ ...common, entryPoints: ["js/index.ts", "js/captures.ts"] });
await build({ ...common, entryPoints: ["js/full.ts"] });
// Inline, so it is no module.
await build({ ...common, splitting: false, format: "iife", sourcemap: false, entryPoints: ["js/stub.ts"] });
