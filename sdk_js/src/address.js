// Which part of an address is kept?

import { settings } from "./settings.js";

/** Of click ids: gclid, dclid, yclid, fbclid, ttclid, twclid, msclkid and their like by how they end. */
const KEPT = /^(utm_\w+|\w\w?clk?id|[gw]braid|li_fat_id|epik|rdt_cid|sccid)$/i;

/** In a path or a value. */
const MAIL = /[^/&=?]+(@|%40)[^/&=?]+\.[a-z]{2,}/gi;

/** Characters are searched for e-mails, which takes the square of their number; half of them are kept. */
const MOST = 4096;

/** @param {string} pair name=value of a query string */
const isKept = (pair) => {
  const name = pair.split("=")[0];
  return KEPT.test(name) || `${settings.query}`.split(",").includes(name);
};

/**
 * The part of a fragment that a hash router reads as a path. An attribute says yes as text.
 * @param {{ hash: string }} place
 */
export const hashPath = ({ hash }) => (`${settings.hash}` === "true" ? hash.split("?")[0] : "");

/**
 * Host, path and the allowed part of the query string.
 * @param {string} address
 */
export const cleanAddress = (address) => {
  if (!address) return "";
  const url = new URL(address, location.href);
  const query = url.search.slice(1).split("&").filter(isKept).join("&");
  const path = `${url.protocol}//${url.host}${url.pathname}`;
  return (path + (query && `?${query}`) + hashPath(url))
    .slice(0, MOST)
    .replace(MAIL, "***")
    .slice(0, MOST / 2);
};
