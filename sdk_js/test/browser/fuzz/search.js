// Is something that was typed in what was sent, in whatever disguise?

const PART = 6;

const reversed = (text) => [...text].reverse().join("");

/** In base64 a text looks different at each of three offsets; the letters at its edges depend on the neighbours. */
const base64 = (text) =>
  [0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + text)
      .toString("base64")
      .slice(offset && 4, -4),
  );

const hex = (text) => Buffer.from(text).toString("hex");

/** Every run of six letters of a mark, as it is and backwards. */
const parts = (mark) =>
  [mark, reversed(mark)].flatMap((text) =>
    Array.from({ length: text.length - PART + 1 }, (_, i) => text.slice(i, i + PART)),
  );

/**
 * The marks that are found, with what was found of them.
 * @param {string[]} marks letters only, so that encoding an address or JSON leaves them as they are
 * @param {string} bytes
 */
export function found(marks, bytes) {
  const folded = bytes.toLowerCase();
  return marks.flatMap((mark) => {
    const plain = parts(mark).find((part) => folded.includes(part));
    const coded = base64(mark).find((part) => bytes.includes(part));
    const digits = [hex(mark), hex(reversed(mark))].find((part) => folded.includes(part));
    const hit = plain || coded || digits;
    if (!hit) return [];
    const at = folded.indexOf(hit.toLowerCase());
    return [`${mark} in ...${bytes.slice(Math.max(0, at - 120), at + 60)}...`];
  });
}
