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
 * @property {boolean} sign_of_automation
 */

const tag = /** @type {HTMLScriptElement | null} */ (document.currentScript);

/** Defaults, then the tag's data attributes, then what the collector wrote into the file. */
export const settings = /** @type {Settings} */ (
  Object.assign(
    { endpoint: "/v1/events", storage: "local", gpc: "off", dnt: "off", query: [] },
    tag && tag.dataset,
    SETTINGS,
  )
);

export const endpoint = new URL(settings.endpoint, (tag && tag.src) || location.href).href;

/** An attribute says it as text: data-hash="false" means no. */
export const hashRouting = !!settings.hash && settings.hash !== "false";

const wishes = [navigator.globalPrivacyControl && settings.gpc, navigator.doNotTrack === "1" && settings.dnt];

/** The visitor's browser asks for privacy and the site has not said otherwise. */
export const refused = wishes.includes("off");

/** The visitor's browser asks for privacy and the site answers with less, not with nothing. */
export const reduced = wishes.includes("reduced");
