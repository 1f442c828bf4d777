// A page of modules by esbuild. `file` copies the module beside them, and gives its address to whoever imports it.
import { cpSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["main.js"],
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  outdir: "dist",
  publicPath: "/",
  loader: { ".wasm": "file" },
});
cpSync("index.html", "dist/index.html");
