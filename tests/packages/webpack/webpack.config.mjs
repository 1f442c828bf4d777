// A page of scripts by webpack, which finds the module by itself.
import { cpSync, mkdirSync } from "node:fs";

mkdirSync("dist", { recursive: true });
cpSync("index.html", "dist/index.html");

export default {
  mode: "production",
  entry: "./main.js",
  output: { path: `${import.meta.dirname}/dist`, publicPath: "/" },
};
