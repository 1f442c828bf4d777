// Makes dist/ of src/: an entry a file, as modules and for `require`. Each says that it is for clients, so that pages that
// are rendered on a server may use its components as they are.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");

const common = {
  entryPoints: ["src/index.ts", "src/router.ts", "src/next.ts"],
  bundle: true,
  packages: "external",
  target: ["es2022"],
  outdir: "dist",
  banner: { js: '"use client";' },
  logLevel: "warning",
};
await build({ ...common, format: "esm", splitting: true, chunkNames: "chunk-[hash]" });
await build({ ...common, format: "cjs", outExtension: { ".js": ".cjs" } });

for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) copyFileSync(`../${name}`, name);
