// Debian's Firefox as it is, through playwright-core's WebDriver BiDi (the channel "moz-firefox").
import { firefox } from "playwright-core";

const executablePath = process.env.FOOTPATH_FIREFOX || "/usr/bin/firefox-esr";

export const needs = { "firefox-esr": executablePath };

export const launch = () => firefox.launch({ channel: "moz-firefox", executablePath });
