// How the SDK is bundled, for whoever bundles it: the build, and what measures it.
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));

const { version } = read("package.json");

// Names of properties that nobody sees but this package, and what is written for them: always the same, so that builds
// can be compared. tests/mangled.test.mjs keeps everything out that leaves the package or belongs to the browser.
const mangled = read("mangled.json");

export const bundling = {
  bundle: true,
  // Made beside the bundles, not of TypeScript.
  external: ["./weft.wasm.js"],
  // Part of the JavaScript that needs it: no page has to find it.
  loader: { ".wasm": "base64" },
  splitting: true,
  format: "esm",
  target: ["chrome103", "firefox104", "safari16"],
  define: { VERSION: JSON.stringify(version) },
  minify: true,
  mangleProps: new RegExp(`^(${Object.keys(mangled).join("|")})$`),
  mangleCache: mangled,
  logLevel: "warning",
};
