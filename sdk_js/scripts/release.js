// node scripts/release.js   keeps a copy of the built files in dist/released, for ever
// A page that pins a version by its hash goes on working as long as collectors serve exactly these bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

const BUILT = /^footpath((?:\.[a-z]+)?)\.min\.js$/;

/** What a page writes into `integrity`. @param {Buffer} bytes */
const checksum = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/** @param {string} folder @returns {Record<string, string>} the released files' checksums as they were written down */
function noted(folder) {
  const list = join(folder, "checksums.json");
  return existsSync(list) ? JSON.parse(readFileSync(list, "utf8")) : {};
}

/**
 * The released files that are not what was released: changed, missing, or never written down.
 * @param {string} dist
 */
export function damaged(dist) {
  const folder = join(dist, "released");
  if (!existsSync(folder)) return [];
  const expected = noted(folder);
  const found = readdirSync(folder).filter((name) => name !== "checksums.json");
  const wrong = found.filter((name) => checksum(readFileSync(join(folder, name))) !== expected[name]);
  const missing = Object.keys(expected).filter((name) => !found.includes(name));
  return [...wrong, ...missing].sort();
}

/**
 * Copies the built files and writes their checksums down.
 * @param {string} dist
 * @param {string} version
 * @throws where the script is not built, or was released with other bytes; nothing is written then
 */
export function release(dist, version) {
  const folder = join(dist, "released");
  const checksums = noted(folder);
  const built = readdirSync(dist).filter((name) => BUILT.test(name));
  if (!built.includes("footpath.min.js")) throw new Error("footpath.min.js is not built: npm run build");
  const copies = built.map((source) => {
    const name = source.replace(BUILT, `${version}$1.js`);
    const bytes = readFileSync(join(dist, source));
    if (name in checksums && checksums[name] !== checksum(bytes)) {
      throw new Error(`${name} was released with other bytes: raise the version in package.json`);
    }
    checksums[name] = checksum(bytes);
    return { name, bytes };
  });
  const wrong = damaged(dist);
  if (wrong.length) throw new Error(`not what was released: ${wrong.join(", ")}`);
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of copies) writeFileSync(join(folder, name), bytes);
  const sorted = Object.fromEntries(Object.entries(checksums).sort());
  writeFileSync(join(folder, "checksums.json"), `${JSON.stringify(sorted, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readFileSync(here("package.json"), "utf8"));
  try {
    release(here("dist"), version);
  } catch (error) {
    console.error(/** @type {Error} */ (error).message);
    process.exit(1);
  }
}
