// Names of routes out of a path and what is known of its parameters.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { transform } from "esbuild";

const { code } = await transform(readFileSync("src/template.ts", "utf8"), { loader: "ts" });
const alone = code.replace(/^import .*$/gm, "");
const { templateOf } = await import(`data:text/javascript,${encodeURIComponent(alone)}`);

test("a parameter takes the place of the last segment that is its value", () => {
  assert.equal(templateOf("/product/42", { id: "42" }), "/product/[id]");
  assert.equal(templateOf("/product/product", { id: "product" }), "/product/[id]");
  assert.equal(templateOf("/42/items/42", { shop: "42", id: "42" }), "/[shop]/items/[id]");
  assert.equal(templateOf("/docs/a/b/c", { path: ["a", "b", "c"] }), "/docs/[...path]");
  assert.equal(templateOf("/de/docs/a/b", { lang: "de", path: ["a", "b"] }), "/[lang]/docs/[...path]");
});

test("what is encoded in a path is the same as what is not", () => {
  assert.equal(templateOf("/who/J%C3%BCrgen%20M", { name: "Jürgen M" }), "/who/[name]");
  assert.equal(templateOf("/who/50%", { name: "50%" }), "/who/[name]");
});

test("a parameter that is not in the path changes nothing", () => {
  assert.equal(templateOf("/", {}), "/");
  assert.equal(templateOf("/product", { id: "42" }), "/product");
  assert.equal(templateOf("/docs", { path: undefined }), "/docs");
  assert.equal(templateOf("/docs", { path: [] }), "/docs");
});
