// What did the script itself cost and leave out, since the last report?

export const sums = { dropped: 0, script_ms: 0 };
