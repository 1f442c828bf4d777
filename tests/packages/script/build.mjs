// What somebody does who has no bundler: the files of the package beside the pages, and the stub inside one.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";

const weft = "node_modules/@weft/browser/dist";
mkdirSync("dist");
cpSync(weft, "dist/weft", { recursive: true });
cpSync("index.html", "dist/index.html");
const stub = readFileSync(`${weft}/stub.js`, "utf8");
writeFileSync(
  "dist/stub.html",
  readFileSync("stub.html", "utf8").replace("/* stub.js */", () => `${stub};`),
);
