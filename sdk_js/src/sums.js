// What has added up since the last report?

const nothing = () => ({ engaged_ms: 0, foreground_ms: 0, reversals: 0, dropped: 0, script_ms: 0 });

export let sums = nothing();

/** The sums as the wire wants them; they begin anew. */
export const takeSums = () => {
  const taken = sums;
  sums = nothing();
  return taken;
};
