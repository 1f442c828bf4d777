// Three builds: the app, the app as React develops it (StrictMode, Profiler), and what the server streams.
import { defineConfig } from "vite";

export default defineConfig(({ isSsrBuild, mode }) => {
  if (isSsrBuild) return { build: { outDir: "dist/server", copyPublicDir: false } };
  const input = { index: "index.html", hydrate: "hydrate.jsx" };
  const output = { entryFileNames: ({ name }) => (name === "hydrate" ? "hydrate.js" : "assets/[name]-[hash].js") };
  const development = mode === "development";
  return {
    base: development ? "/development/" : "/",
    build: {
      outDir: development ? "dist/development" : "dist",
      emptyOutDir: false,
      minify: !development,
      rolldownOptions: { input, output },
    },
  };
});
