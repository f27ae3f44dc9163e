// What does this file use of the core?

/** @typedef {import("../handed.js").Core} Core */

/** @type {Core["CONTROL"]} */
export let CONTROL;
/** @type {Core["clean"]} */
export let clean;
/** @type {Core["convert"]} */
export let convert;
/** @type {Core["guard"]} */
export let guard;
/** @type {Core["hearOnce"]} */
export let hearOnce;
/** @type {Core["hooks"]} */
export let hooks;
/** @type {Core["isField"]} */
export let isField;
/** @type {Core["later"]} */
export let later;
/** @type {Core["listen"]} */
export let listen;
/** @type {Core["measureSizes"]} */
export let measureSizes;
/** @type {Core["nearest"]} */
export let nearest;
/** @type {Core["notes"]} */
export let notes;
/** @type {Core["pageNow"]} */
export let pageNow;
/** @type {Core["record"]} */
export let record;
/** @type {Core["setClock"]} */
export let setClock;
/** @type {Core["stamp"]} */
export let stamp;
/** @type {Core["sums"]} */
export let sums;
/** @type {Core["tick"]} */
export let tick;

/** @param {import("../handed.js").Handed} handed */
export const take = (handed) => {
  ({
    CONTROL,
    clean,
    convert,
    guard,
    hearOnce,
    hooks,
    isField,
    later,
    listen,
    measureSizes,
    nearest,
    notes,
    pageNow,
    record,
    setClock,
    stamp,
    sums,
    tick,
  } = handed);
};
