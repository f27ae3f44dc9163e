// What may the second file use of the core?

import { passes } from "./cap.js";
import { lastClick } from "./click.js";
import { plain } from "./command.js";
import { CONTROL, isControl, isField, isIgnored, nearest, parent } from "./control.js";
import { record } from "./deliver.js";
import { fetchFile } from "./fetch.js";
import { guard, later, listen, setClock, tick, whenIdle } from "./guard.js";
import { notes, openNotes } from "./note.js";
import { measureSizes, pageNow, stamp } from "./page.js";
import { eventsUrl } from "./settings.js";
import { sums } from "./sums.js";
import { clean } from "./text.js";
import { visitNow } from "./visit.js";

export const handed = {
  CONTROL,
  clean,
  eventsUrl,
  fetchFile,
  plain,
  guard,
  isControl,
  isField,
  isIgnored,
  lastClick,
  later,
  listen,
  measureSizes,
  nearest,
  notes,
  openNotes,
  pageNow,
  parent,
  passes,
  record,
  setClock,
  stamp,
  sums,
  tick,
  visitNow,
  whenIdle,
};

/** @typedef {typeof handed & typeof import("./more/element.js")} Core */
/** @typedef {typeof handed} Handed */
