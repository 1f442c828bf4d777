// Prints otel-page.js as its users bundle it.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("otel-page.js", import.meta.url))],
  bundle: true,
  minify: true,
  format: "esm",
  target: "chrome103",
  write: false,
  logLevel: "error",
});
process.stdout.write(outputFiles[0].contents);
