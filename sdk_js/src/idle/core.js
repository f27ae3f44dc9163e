// What does this file use of the core?

/** @typedef {import("../handed.js").Core} Core */

/** @type {Core["clean"]} */
export let clean;
/** @type {Core["describe"]} */
export let describe;
/** @type {Core["eventsUrl"]} */
export let eventsUrl;
/** @type {Core["guard"]} */
export let guard;
/** @type {Core["hearOnce"]} */
export let hearOnce;
/** @type {Core["hooks"]} */
export let hooks;
/** @type {Core["isIgnored"]} */
export let isIgnored;
/** @type {Core["later"]} */
export let later;
/** @type {Core["listen"]} */
export let listen;
/** @type {Core["note"]} */
export let note;
/** @type {Core["openNotes"]} */
export let openNotes;
/** @type {Core["pageNow"]} */
export let pageNow;
/** @type {Core["passes"]} */
export let passes;
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
    describe,
    eventsUrl,
    guard,
    hearOnce,
    hooks,
    isIgnored,
    later,
    listen,
    note,
    openNotes,
    pageNow,
    passes,
    record,
    stamp,
    tick,
    visitNow,
    whenIdle,
  } = handed);
};
