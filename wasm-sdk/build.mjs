// Bundles js/ into ES modules beside the wasm file, which `cargo xtask wasm` puts into dist/: what every page loads,
// and chunks that are fetched only when they are needed.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

for (const name of readdirSync("dist")) if (/^chunk-/.test(name)) rmSync(`dist/${name}`);

const common = {
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome103", "firefox104", "safari16"],
  define: { VERSION: JSON.stringify(version) },
  minify: true,
  sourcemap: true,
  outdir: "dist",
  chunkNames: "chunk-[name]-[hash]",
  logLevel: "warning",
};

// The two that are used together share what they have in common; the other is one file for a script tag.
await build({ ...common, entryPoints: ["js/index.ts", "js/captures.ts"] });
await build({ ...common, entryPoints: ["js/full.ts"] });
// Inline, so it is no module.
await build({ ...common, splitting: false, format: "iife", sourcemap: false, entryPoints: ["js/stub.ts"] });
