// What are things called? 64 bits, written as 16 hex digits.

const EPOCH = Date.UTC(2025, 0, 1);

/**
 * @param {number} number
 * @param {number} digits
 */
const hex = (number, digits) => (2 ** 52 + number).toString(16).slice(-digits);

/** 32 random bits. */
const random = () => crypto.getRandomValues(new Uint32Array(1))[0];

/** 64 random bits. */
export const randomId = () => hex(random(), 8) + hex(random(), 8);

/** 40 bits of ms since 2025-01-01 and 24 random bits. @param {number} ms Unix ms */
export const timedId = (ms) => hex(Math.max(0, ms - EPOCH), 10) + hex(random(), 6);
