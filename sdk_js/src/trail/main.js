// How does the pointer get from click to click, and how far is the page scrolled meanwhile?

/** At most five samples a second. */
const SAMPLE_MS = 200;
const TELL_MS = 10000;

const POINTER = 0;
const SCROLL = 1;

/**
 * @param {import("../handed.js").Core} handed
 * @param {import("../note.js").Note[]} notes
 */
export const trail = (handed, notes) => {
  const { guard, hearOnce, isIgnored, later, pageNow, record, stamp, tick } = handed;
  /** The event that is being gathered. @type {any} */
  let open;
  let sampledAt = -SAMPLE_MS;

  const tell = () => {
    if (open) record(open);
    open = undefined;
  };

  /**
   * @param {number} type
   * @param {number} x
   * @param {number} y
   */
  const sample = (type, x, y) => {
    sampledAt = tick();
    if (!open) {
      const begun = stamp("trail", { samples: [] });
      open = begun;
      later(() => open === begun && tell(), TELL_MS);
    }
    open.samples.push([tick() - pageNow().zero - open.t, type, Math.round(x), Math.round(y)]);
  };

  /** @param {any} event */
  const onMove = ({ type, pageX, pageY, target }) => {
    const isScroll = type === "scroll";
    const hear = () => hearOnce(type, onMove);
    // Boxes of a page that scroll are not followed.
    if (isScroll ? target !== document : target.closest && isIgnored(target)) {
      later(hear, SAMPLE_MS);
      return;
    }
    const whenDue = guard(() => {
      const rest = sampledAt + SAMPLE_MS - tick();
      if (rest > 0) {
        later(whenDue, rest);
        return;
      }
      if (isScroll) sample(SCROLL, scrollX, scrollY);
      else sample(POINTER, pageX, pageY);
      later(hear, SAMPLE_MS);
    });
    whenDue();
  };

  handed.takeOver(notes, {
    open: () => {
      open = undefined;
      // Once each, and again when a sample is due: that a pointer moves costs most by being heard.
      hearOnce("pointermove scroll", onMove);
    },
    hide: tell,
    end: tell,
  });
};
