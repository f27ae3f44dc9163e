// What breaks on the page?

import { clean, eventsUrl, hooks, passes, record, stamp } from "./core.js";
import { observe } from "./observe.js";

/** A page that fails in a loop is one finding, not a thousand. */
const MOST_ALIKE = 5;
const MOST = 20;

/** How often each was told in this page view, and how many were. @type {Record<string, number>} */
let told = {};
let total = 0;

export const beginErrors = () => {
  told = {};
  total = 0;
};

/** Without its query; e-mails starred; of what stands in the address itself only that it does. @param {any} address */
const source = (address) =>
  `${address || ""}`
    .split(/[?#]/)[0]
    .replace(/^(data|blob):.*/s, "$1:")
    .slice(0, 999)
    .replace(/[^/]+(@|%40)[^/]+/gi, "***")
    .slice(0, 200);

/** Addresses in it lose their queries. @param {any} message */
const words = (message) => clean(`${message || ""}`.replace(/(https?:[^\s?#]+)[?#]\S*/g, "$1"), 200);

/**
 * @param {string} type
 * @param {any} message
 * @param {any} address
 * @param {number} [line]
 */
const tell = (type, message, address, line) => {
  const error = {
    type,
    // A status is no number of a person.
    message: type === "http" ? `${message}` : hooks.hush(words(message)) || undefined,
    source: source(address) || undefined,
    line: line || undefined,
  };
  const signature = JSON.stringify(error);
  told[signature] = (told[signature] || 0) + 1;
  if (told[signature] <= MOST_ALIKE && total++ < MOST && passes()) record(stamp("error", error));
};

/**
 * An error of a script, or of an image, style or script that did not load.
 * @param {any} target
 * @param {any} event
 */
export const onError = (target, { message, filename, lineno }) => {
  if (message) tell("js", message, filename, lineno);
  else if (target.localName) tell("resource", target.localName, target.src || target.href);
};

/**
 * Its first frame says where.
 * @param {any} _target
 * @param {any} event
 */
export const onRejection = (_target, { reason }) => {
  const [, address, line] = /((?:https?|file):\S+?):(\d+):\d+/.exec((reason && reason.stack) || "") || [];
  tell("rejection", (reason && reason.message) || reason, address, Number(line));
};

export const openErrors = () => {
  observe("resource", ({ responseStatus, initiatorType, name }) => {
    if (responseStatus >= 400 && /fetch|xml/.test(initiatorType) && name !== eventsUrl.href)
      tell("http", responseStatus, name);
  });
};
