// Bundles js/ into one ES module beside the wasm file, which `cargo xtask wasm` puts into dist/.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));

await build({
  entryPoints: ["js/index.ts"],
  bundle: true,
  format: "esm",
  target: ["chrome103", "firefox104", "safari16"],
  define: { VERSION: JSON.stringify(version) },
  minify: true,
  sourcemap: true,
  outfile: "dist/index.js",
  logLevel: "warning",
});
