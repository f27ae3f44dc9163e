// Which limits do several files know?

/** A session ends after so long without an input. */
export const IDLE_MS = 18e5;

export const DAY_MS = 864e5;
