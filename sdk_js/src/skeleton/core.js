// What does this file use of the core?

/** @typedef {import("../handed.js").Core} Core */

/** @type {Core["accessibleName"]} */
export let accessibleName;
/** @type {Core["isField"]} */
export let isField;
/** @type {Core["later"]} */
export let later;
/** @type {Core["pageNow"]} */
export let pageNow;
/** @type {Core["record"]} */
export let record;
/** @type {Core["roleOf"]} */
export let roleOf;
/** @type {Core["stamp"]} */
export let stamp;
/** @type {Core["visitNow"]} */
export let visitNow;
/** @type {Core["whenIdle"]} */
export let whenIdle;
/** @type {Core["writeVisit"]} */
export let writeVisit;

/** @param {Core} handed */
export const take = (handed) => {
  ({ accessibleName, isField, later, pageNow, record, roleOf, stamp, visitNow, whenIdle, writeVisit } =
    handed);
};
