// What stands for a long text?

/**
 * 32 bits that depend on every character and on the seed.
 * @param {string} text
 * @param {number} seed
 */
const lane = (text, seed) => {
  for (let i = 0; i < text.length; i++) {
    seed = Math.imul(seed ^ text.charCodeAt(i), 0x5bd1e995);
    seed ^= seed >>> 15;
  }
  return (2 ** 32 + (seed >>> 0)).toString(16).slice(1);
};

/** 64 bits as 16 hex digits. @param {string} text */
export const hash = (text) => lane(text, 1) + lane(text, 2);
