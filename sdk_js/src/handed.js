// What may the second file use of the core?

import { passes } from "./cap.js";
import { lastClick } from "./click.js";
import { convert } from "./command.js";
import { CONTROL, isField, isIgnored, nearest } from "./control.js";
import { record, stop } from "./deliver.js";
import { fetchFile } from "./fetch.js";
import { guard, hearOnce, later, listen, tick, whenIdle } from "./guard.js";
import { hooks } from "./hooks.js";
import { keep, note, notes, openNotes } from "./note.js";
import { measureSizes, pageNow, reserve, setClock, stamp } from "./page.js";
import { eventsUrl, refused, settings } from "./settings.js";
import { sums } from "./sums.js";
import { clean } from "./text.js";
import { visitNow, writeVisit } from "./visit.js";
import { waiting } from "./waiting.js";

export const handed = {
  CONTROL,
  clean,
  convert,
  eventsUrl,
  fetchFile,
  guard,
  hearOnce,
  hooks,
  isField,
  isIgnored,
  keep,
  lastClick,
  later,
  listen,
  measureSizes,
  nearest,
  note,
  notes,
  openNotes,
  pageNow,
  passes,
  refused,
  reserve,
  record,
  setClock,
  settings,
  stamp,
  stop,
  sums,
  tick,
  visitNow,
  waiting,
  whenIdle,
  writeVisit,
};

/** @typedef {typeof handed & typeof import("./more/element.js") & typeof import("./more/takeover.js")} Core */
/** @typedef {typeof handed} Handed */
