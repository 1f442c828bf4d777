// WebKitGTK's MiniBrowser, driven through WebDriver. It is not Safari: only the engine is the same.
//
// Its tabs are windows of their own, since WebDriver can hide none but by minimising its window. Windows need a
// screen, which Xvfb pretends to be. WebDriver moves no time, sees no requests and no console, and its browser keeps
// no profile: whoever asks for one of these is told so.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import readline from "node:readline";
import { executable, orKill } from "./process.mjs";
import { Page, session } from "./webdriver.mjs";

export async function start() {
  const screen = spawn(executable(["Xvfb"]), ["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [display] = await once(readline.createInterface({ input: screen.stdout }), "line");
  const port = await freePort();
  const child = spawn(executable(["WebKitWebDriver"]), [`--port=${port}`], {
    // The leader of a process group, so that all of it can be killed.
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    // There is no graphics card behind that screen.
    env: { ...process.env, DISPLAY: `:${display}`, LIBGL_ALWAYS_SOFTWARE: "1", WEBKIT_DISABLE_DMABUF_RENDERER: "1" },
  });
  child.stderr.resume();
  child.once("close", () => screen.kill());
  const driver = await orKill(child, session(`http://127.0.0.1:${port}`, "MiniBrowser"));
  const first = new Page(driver, await driver.get("/window"));
  const browser = {
    version: () => driver.version,
    pages: () => [first],
    newPage: () => first.openAnother(),
    async close() {
      await driver.end();
      child.kill();
    },
  };
  return { browser, child };
}

/** The driver takes no port of its own choice. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const hide = (page) => page.minimize();

export const traverse = (page, delta) => page.traverse(delta);

/** The time of this browser is the machine's: a test that moves it finds no page that knows how to. */
export async function inject() {}

export async function watchRequests() {}

export const tellsNothing = true;

/** WebKitGTK cannot be told so. */
export const theme = async () => {};
