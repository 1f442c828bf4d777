// Bundles js/ into ES modules beside the wasm file, which `cargo xtask wasm` puts into dist/: what every page loads,
// and chunks that are fetched only when they are needed.
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

for (const name of readdirSync("dist")) if (/^chunk-/.test(name)) rmSync(`dist/${name}`);

await build({
  entryPoints: ["js/index.ts"],
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
});
