// What does the site want?

/**
 * @typedef {object} Settings
 * @property {string} site
 * @property {string} endpoint
 * @property {string} files what the addresses of the later files begin with
 * @property {"local" | "session" | "none"} storage
 * @property {"off" | "reduced" | "ignore"} gpc
 * @property {"off" | "reduced" | "ignore"} dnt
 * @property {boolean | string} hash
 * @property {string[] | string} query names, or names with commas
 * @property {number | string} [skeleton] share of all loads of a page that tell its layout
 * @property {number | string} [trail] share that tell how the pointer moved
 * @property {string} [dashboard] origin that the overlay asks
 */

const tag = /** @type {any} */ (Reflect.get(Document.prototype, "currentScript", document) || {});

/** Defaults, then the tag's data attributes, then what the collector wrote into the file. */
export const settings = /** @type {Settings} */ (
  Object.assign(
    {
      endpoint: "/v1/events",
      files: `/sdk/${VERSION}`,
      storage: "local",
      gpc: "off",
      dnt: "off",
      query: [],
    },
    tag.dataset,
    SETTINGS,
  )
);

/** @param {string} path relative to where the script came from */
const at = (path) => new URL(path, tag.src || location.href);

export const eventsUrl = at(settings.endpoint);
export const filesUrl = at(settings.files);

const wishes = [navigator.globalPrivacyControl && settings.gpc, navigator.doNotTrack === "1" && settings.dnt];

/** The visitor's browser asks for privacy and the site has not said otherwise. */
export const refused = wishes.includes("off");

/** Where it asks and the site answers with less, nothing is kept on the device. */
export const storage = wishes.includes("reduced") ? "none" : settings.storage;
