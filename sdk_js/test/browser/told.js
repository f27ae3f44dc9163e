// What did a page tell? What was in flight when it was left came twice, under the same number.
import { events } from "./harness.js";

/** Each event once, in the order in which the things happened. */
export const told = (world, kind) =>
  [...new Map(events(world, kind).map((event) => [event.batch.page.id + event.n, event])).values()].sort(
    (a, b) => a.batch.page.started_at - b.batch.page.started_at || a.n - b.n,
  );

/** The element that an event is about. */
export const about = ({ batch, el }) => batch.elements[el];

/** The clock of the page's first page view. */
export const clockOf = (tab) => tab.evaluate(() => performance.now());
