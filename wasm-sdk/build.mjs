// Makes dist/ of js/, beside the wasm file, which `cargo xtask wasm` puts there: what every page loads, and chunks that
// are fetched only when they are needed. `declarations.mjs` makes its types.
//
//     index.js captures.js full-shared.js otel.js   modules that share what they have in common: what an `import` of the package is
//     *.cjs                                 the same for `require`
//     full.js                               one module for a script tag
//     script.js                             one script for a script tag, no module
//     stub.js                               inline, in the head of a page
import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build, transform } from "esbuild";
import { bundling } from "./bundling.mjs";

const ours = /^weft\.wasm(\.js)?$/;
for (const name of readdirSync("dist")) if (!ours.test(name)) rmSync(`dist/${name}`, { recursive: true });

const common = { ...bundling, sourcemap: true, outdir: "dist", chunkNames: "chunk-[name]-[hash]", metafile: true };

const shared = await build({
  ...common,
  // Nobody's but the app's, and the only one there is in its page.
  external: [...common.external, "@opentelemetry/api"],
  entryPoints: ["captures", "index", "full", "otel"].map((name) => ({
    in: `js/${name}.ts`,
    out: name === "full" ? "full-shared" : name,
  })),
});
// One that only keeps the order of what has no effects is a warning in the build of whoever bundles it.
for (const name of ["index", "captures", "full-shared", "otel"]) {
  const module = readFileSync(`dist/${name}.js`, "utf8");
  writeFileSync(`dist/${name}.js`, module.replace(/\bimport"[^"]+";/g, ""));
}
const { metafile } = await build({ ...common, entryPoints: ["js/full.ts"] });

// No modules: nothing is shared, and what is fetched later is what the module beside it fetches.
const classic = { ...common, splitting: false, format: "iife" };
const later = new Map();
for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
  if (entryPoint) later.set(basename(entryPoint, ".ts"), `./${basename(path)}`);
const fetchedLater = {
  name: "fetched later",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\./ }, ({ kind, path }) => {
      if (kind !== "dynamic-import") return undefined;
      return { external: true, path: later.get(basename(path)) ?? path };
    }),
};
await build({
  ...classic,
  entryPoints: ["js/script.ts"],
  plugins: [fetchedLater],
  define: { ...bundling.define, "import.meta.url": "here" },
  inject: ["js/here.ts"],
});
await build({ ...classic, sourcemap: false, entryPoints: ["js/stub.ts"] });

// For `require`: file by file, so that they share what the modules share. What is fetched later stays a module.
const entries = ["js/index.ts", "js/captures.ts", "js/full.ts", "js/otel.ts"];
const here = readFileSync("js/here.ts", "utf8").replace("export ", "");
for (const [path, { entryPoint = "js/index.ts" }] of Object.entries(shared.metafile.outputs)) {
  if (!path.endsWith(".js") || !entries.includes(entryPoint)) continue;
  const module = readFileSync(path, "utf8");
  const whole = module.includes("import.meta.url") ? here + module : module;
  const define = { "import.meta.url": "here" };
  const { code } = await transform(whole, {
    loader: "ts",
    format: "cjs",
    define,
    minify: true,
    target: bundling.target,
  });
  const required = code.replace(/require\("(\.\/[\w.-]+)\.js"\)/g, 'require("$1.cjs")');
  writeFileSync(`dist/${basename(path, ".js").replace("full-shared", "full")}.cjs`, required);
}

// npm takes them from here only.
for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(`../${name}`, name);
