// Debian's WebKitGTK: MiniBrowser on a screen of its own, driven by WebKitWebDriver.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Tab } from "./tab.js";
import { Session } from "./webdriver.js";

/** Debian's name of this machine's kind. */
const MACHINE = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch];
const DRIVER = "/usr/bin/WebKitWebDriver";
const SCREEN = "/usr/bin/Xvfb";
const BROWSER = `/usr/lib/${MACHINE}/webkit2gtk-4.1/MiniBrowser`;

export const needs = { "webkit2gtk-driver": DRIVER, "libwebkit2gtk-4.1-0": BROWSER, xvfb: SCREEN };

/** A child that does not outlive the tests. */
function run(program, args, options) {
  const child = spawn(program, args, { stdio: "ignore", ...options });
  process.once("exit", () => child.kill());
  return child;
}

/** A screen; each context is a driver with one MiniBrowser, whose profile is empty and forgotten. */
export async function launch() {
  const screen = run(SCREEN, ["-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  // It writes the number of the display that it has taken.
  const [number] = await once(screen.stdio[3], "data");
  const env = { ...process.env, DISPLAY: `:${String(number).trim()}` };
  return {
    newContext: ({ viewport }) => openContext(env, viewport),
    close: () => screen.kill(),
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Of some hundreds of browsers one does not start, and its driver waits for it for ever. */
const MOST_STARTS = 3;

/** A driver has one session in its life: it refuses a second one until the first browser is gone for good. */
async function start(env, starts = 1) {
  const port = await freePort();
  const driver = run(DRIVER, [`--port=${port}`], { env });
  try {
    const session = await Session.open(`http://127.0.0.1:${port}`, {
      browserName: "MiniBrowser",
      // Its watch over a script is a timer of the page, which a test with a clock of its own would fire.
      timeouts: { script: null },
      "webkitgtk:browserOptions": { binary: BROWSER, args: ["--automation"] },
    });
    return { driver, session };
  } catch (error) {
    // Alive it would keep the tests from ending.
    driver.kill();
    if (starts === MOST_STARTS) throw error;
    return start(env, starts + 1);
  }
}

async function openContext(env, viewport) {
  const { driver, session } = await start(env);
  /** The window that it starts with is the first tab. */
  let first = session.handle;
  return {
    newPage: async () => {
      const tab = new Tab(session, first || (await session.newTab()));
      first = "";
      await tab.setViewportSize(viewport);
      return tab;
    },
    close: async () => {
      await session.close();
      driver.kill();
    },
  };
}
