// Bundles the programs beside this file as a page's bundler would and says what a browser fetches for them, a fact a
// line, separated by tabs, which `cargo xtask size` reads:
//
//     part   <program> <what> <brotli> <gzip> <bytes>             fetched by every page
//     chunk  <program> <name> <brotli> <gzip> <bytes>             fetched later, or never
//     module <program> <source> <bytes>                           minified, of what every page fetches
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { bundling } from "../bundling.mjs";

const say = (...facts) => console.log(facts.join("\t"));

const sizes = (bytes) => {
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  return [brotli.length, gzipSync(bytes, { level: 9 }).length, bytes.length];
};

const bundled = async (program, more = {}) => {
  const entryPoints = [`size/${program}.ts`];
  const options = { ...bundling, ...more, entryPoints, outdir: "dist/size", chunkNames: "[name]" };
  const { metafile, outputFiles } = await build({ ...options, write: false, metafile: true });
  const contents = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  return { contents, outputs, first: upFront(outputs, `${program}.js`) };
};

// The entry and what it imports by itself.
const upFront = (outputs, name, found = new Set()) => {
  found.add(name);
  for (const { path, kind } of outputs.get(name).imports) {
    if (kind === "import-statement" && !found.has(basename(path))) upFront(outputs, basename(path), found);
  }
  return found;
};

const measure = async (program) => {
  const asShipped = await bundled(program);
  for (const [name, bytes] of asShipped.contents) {
    say(asShipped.first.has(name) ? "part" : "chunk", program, name, ...sizes(bytes));
  }
  // The package as it is shipped shows no modules: those are of the same program made from its sources.
  const sources = { "@weft/browser": "./js/index.ts", "@weft/browser/full": "./js/full.ts" };
  const { outputs, first } = await bundled(program, { alias: sources });
  for (const name of first) {
    for (const [path, { bytesInOutput }] of Object.entries(outputs.get(name).inputs)) {
      if (bytesInOutput > 0) say("module", program, path, bytesInOutput);
    }
  }
};

for (const file of ["stub.js", "weft.wasm"]) say("part", "*", file, ...sizes(readFileSync(`dist/${file}`)));
for (const program of ["hello", "full"]) await measure(program);
say("chunk", "*", "weft.wasm.js", ...sizes(readFileSync("dist/weft.wasm.js")));
