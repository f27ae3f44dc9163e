// Debian's Chromium, through playwright-core.
import { chromium } from "playwright-core";

const executablePath = process.env.FOOTPATH_CHROMIUM || "/usr/bin/chromium";

export const needs = { chromium: executablePath };

export const launch = () =>
  chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
