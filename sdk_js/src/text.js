// What may a text say about a person?

/**
 * White space folded, e-mails and runs of three or more digits starred, cut.
 * @param {string} text
 * @param {number} [length]
 */
export function clean(text, length = 80) {
  return text
    .slice(0, 999)
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\S+@\S+/g, "***")
    .replace(/\d{3,}/g, "***")
    .slice(0, length);
}
