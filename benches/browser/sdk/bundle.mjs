// OpenTelemetry's bundle, as its users make one.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = new URL("page/", import.meta.url);
const require = createRequire(folder);

/** Packages of which this repository has several versions for other purposes; a page of its own would have one. */
const ONCE = ["api-logs", "core", "instrumentation", "resources", "sdk-trace"];

export async function bundleOtel() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("otel.js", folder))],
    bundle: true,
    minify: true,
    format: "esm",
    target: "chrome103",
    write: false,
    logLevel: "silent",
    alias: Object.fromEntries(ONCE.map((name) => [`@opentelemetry/${name}`, packageOf(`@opentelemetry/${name}`)])),
  });
  return Buffer.from(outputFiles[0].contents);
}

/** The folder of a package, wherever npm has put it for this workspace. */
const packageOf = (name) => dirname(require.resolve(`${name}/package.json`));

/** Names and versions, for the report. */
export const otelVersions = () =>
  ["sdk-trace-web", "exporter-trace-otlp-http", "instrumentation-fetch"]
    .map((name) => `${name} ${require(`@opentelemetry/${name}/package.json`).version}`)
    .join(", ");
