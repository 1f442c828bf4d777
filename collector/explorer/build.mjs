// Builds the explorer's page into dist/, which the collector takes in when it is built. It fails if a browser would
// fetch more than it may.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";

const here = (path) => new URL(path, import.meta.url).pathname;
const MOST_BYTES = 120 * 1024;

rmSync(here("dist"), { recursive: true, force: true });
mkdirSync(here("dist"));
await build({
  entryPoints: { explorer: here("src/main.tsx") },
  outdir: here("dist"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});
copyFileSync(here("src/explorer.css"), here("dist/explorer.css"));
copyFileSync(here("src/index.html"), here("dist/index.html"));
copyFileSync(here("src/icon.svg"), here("dist/icon.svg"));

const files = ["index.html", "explorer.js", "explorer.css", "icon.svg"];
const bytes = files.reduce((sum, file) => sum + brotliCompressSync(readFileSync(here(`dist/${file}`))).length, 0);
console.log(`explorer: ${bytes} bytes with brotli`);
if (bytes > MOST_BYTES) {
  console.error(`explorer: ${bytes} bytes with brotli are more than ${MOST_BYTES}: leave something out`);
  process.exit(1);
}
