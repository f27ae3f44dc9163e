// Which limits do both files of the script know?

/** A session ends after so long without an input. */
export const IDLE_MS = 18e5;
