// Chance that can be repeated: the same seed gives the same pages.

const ALPHABET = "ghjklmnpqrstuvwxyz";

export class Random {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** At least 0, less than most: a linear congruential generator, its upper bits. */
  below(most) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * most);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  shuffle(list) {
    const rest = [...list];
    return list.map(() => rest.splice(this.below(rest.length), 1)[0]);
  }

  /** Nothing else looks like it: neither a number of 16 digits nor a word. */
  mark(length = 12) {
    return Array.from({ length }, () => this.pick(ALPHABET)).join("");
  }
}
