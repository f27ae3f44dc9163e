// What may a text say about a person?

/**
 * White space folded, e-mails and runs of three or more digits starred, cut.
 * @param {any} text
 */
export const clean = (text, length = 80) =>
  `${text}`
    .slice(0, 999)
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\S+@\S+|\d{3,}/g, "***")
    .slice(0, length);
