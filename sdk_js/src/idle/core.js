// What does this file use of the core?

/** @typedef {import("../handed.js").Core} Core */

/** @type {Core["clean"]} */
export let clean;
/** @type {Core["eventsUrl"]} */
export let eventsUrl;
/** @type {Core["guard"]} */
export let guard;
/** @type {Core["hooks"]} */
export let hooks;
/** @type {Core["later"]} */
export let later;
/** @type {Core["listen"]} */
export let listen;
/** @type {Core["openNotes"]} */
export let openNotes;
/** @type {Core["passes"]} */
export let passes;
/** @type {Core["plain"]} */
export let plain;
/** @type {Core["record"]} */
export let record;
/** @type {Core["stamp"]} */
export let stamp;
/** @type {Core["tick"]} */
export let tick;
/** @type {Core["visitNow"]} */
export let visitNow;
/** @type {Core["whenIdle"]} */
export let whenIdle;

/** @param {Core} handed */
export const take = (handed) => {
  ({
    clean,
    eventsUrl,
    guard,
    hooks,
    later,
    listen,
    openNotes,
    passes,
    plain,
    record,
    stamp,
    tick,
    visitNow,
    whenIdle,
  } = handed);
};
