// What does this file use of the core?

/** @typedef {import("../handed.js").Core} Core */

/** @type {Core["convert"]} */
export let convert;
/** @type {Core["describe"]} */
export let describe;
/** @type {Core["firstOf"]} */
export let firstOf;
/** @type {Core["isField"]} */
export let isField;
/** @type {Core["isIgnored"]} */
export let isIgnored;
/** @type {Core["lastClick"]} */
export let lastClick;
/** @type {Core["later"]} */
export let later;
/** @type {Core["openNotes"]} */
export let openNotes;
/** @type {Core["record"]} */
export let record;
/** @type {Core["stamp"]} */
export let stamp;
/** @type {Core["tick"]} */
export let tick;

/** @param {Core} handed */
export const take = (handed) => {
  ({ convert, describe, firstOf, isField, isIgnored, lastClick, later, openNotes, record, stamp, tick } =
    handed);
};
