// What does the site want?

/**
 * @typedef {object} Settings
 * @property {string} site
 * @property {string} endpoint
 * @property {"local" | "session" | "none"} storage
 * @property {"off" | "reduced" | "ignore"} gpc
 * @property {"off" | "reduced" | "ignore"} dnt
 * @property {boolean | string} hash
 * @property {string[]} query
 */

const tag = /** @type {any} */ (document.currentScript || {});

/** Defaults, then the tag's data attributes, then what the collector wrote into the file. */
export const settings = /** @type {Settings} */ (
  Object.assign(
    { endpoint: "/v1/events", storage: "local", gpc: "off", dnt: "off", query: [] },
    tag.dataset,
    SETTINGS,
  )
);

export const endpoint = new URL(settings.endpoint, tag.src || location.href);

const wishes = [navigator.globalPrivacyControl && settings.gpc, navigator.doNotTrack === "1" && settings.dnt];

/** The visitor's browser asks for privacy and the site has not said otherwise. */
export const refused = wishes.includes("off");

/** Where it asks and the site answers with less, nothing is kept on the device. */
export const storage = wishes.includes("reduced") ? "none" : settings.storage;
