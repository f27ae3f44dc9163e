// Which browser do the tests run in? FOOTPATH_ENGINE says it: chromium (default), firefox or webkit.
import { existsSync } from "node:fs";
import * as chromium from "./chromium.js";
import * as firefox from "./firefox.js";
import * as webkit from "./webkit.js";

/**
 * Each engine has `needs` (programs, by the Debian package that brings them) and `launch`, whose answer has the
 * methods of playwright's Browser, BrowserContext and Page that the tests use.
 */
const engines = { chromium, firefox, webkit };

export const names = Object.keys(engines);

export const chosen = process.env.FOOTPATH_ENGINE || "chromium";

export const engine = engines[chosen];
if (!engine) throw new Error(`FOOTPATH_ENGINE is one of ${names}, not ${chosen}`);

/** What to install before an engine can run. */
export const missing = (name) =>
  Object.entries(engines[name].needs)
    .filter(([, program]) => !existsSync(program))
    .map(([debianPackage, program]) => `${debianPackage} (${program})`);
