// How the SDK is bundled, for whoever bundles it: the build, and what measures it.
import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

export const bundling = {
  bundle: true,
  splitting: true,
  format: "esm",
  target: ["chrome103", "firefox104", "safari16"],
  define: { VERSION: JSON.stringify(version) },
  minify: true,
  logLevel: "warning",
};
