import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { damaged, release } from "../../scripts/release.js";

const BUILT = ["footpath.min.js", "footpath.more.min.js", "footpath.debug.min.js"];

let dist = "";

beforeEach(() => {
  dist = mkdtempSync(join(tmpdir(), "release-"));
  for (const name of [...BUILT, "stub.js"]) writeFileSync(join(dist, name), `/* ${name} */\n`);
});

afterEach(() => rmSync(dist, { recursive: true }));

const released = () => readdirSync(join(dist, "released")).sort();
const read = (name) => readFileSync(join(dist, "released", name), "utf8");

test("a release is a copy of the built files with their checksums", () => {
  release(dist, "1.2.3");
  assert.deepEqual(released(), ["1.2.3.debug.js", "1.2.3.js", "1.2.3.more.js", "checksums.json"]);
  assert.equal(read("1.2.3.more.js"), "/* footpath.more.min.js */\n");
  assert.match(JSON.parse(read("checksums.json"))["1.2.3.js"], /^sha384-[A-Za-z0-9+/]{64}$/);
  assert.deepEqual(damaged(dist), []);
});

test("releasing the same bytes again changes nothing", () => {
  release(dist, "1.2.3");
  const before = read("checksums.json");
  release(dist, "1.2.3");
  assert.equal(read("checksums.json"), before);
});

test("other bytes need another version, and the older one stays", () => {
  release(dist, "1.2.3");
  writeFileSync(join(dist, "footpath.more.min.js"), "/* new */\n");
  assert.throws(() => release(dist, "1.2.3"), /1\.2\.3\.more\.js was released with other bytes/);
  assert.equal(read("1.2.3.more.js"), "/* footpath.more.min.js */\n");
  release(dist, "1.2.4");
  assert.equal(read("1.2.3.more.js"), "/* footpath.more.min.js */\n");
  assert.equal(read("1.2.4.more.js"), "/* new */\n");
  assert.equal(Object.keys(JSON.parse(read("checksums.json"))).length, 6);
});

test("nothing is released where the script is not built", () => {
  rmSync(join(dist, "footpath.min.js"));
  assert.throws(() => release(dist, "1.2.3"), /footpath\.min\.js is not built/);
  assert.ok(!readdirSync(dist).includes("released"));
});

test("a released file that was changed, lost or slipped in is found, and stops the next release", () => {
  release(dist, "1.2.3");
  appendFileSync(join(dist, "released", "1.2.3.js"), " ");
  rmSync(join(dist, "released", "1.2.3.debug.js"));
  writeFileSync(join(dist, "released", "1.0.0.js"), "");
  assert.deepEqual(damaged(dist), ["1.0.0.js", "1.2.3.debug.js", "1.2.3.js"]);
  assert.throws(() => release(dist, "1.2.4"), /not what was released: 1\.0\.0\.js/);
});

test("the released files of this repository are what was released", () => {
  assert.deepEqual(damaged(new URL("../../dist", import.meta.url).pathname), []);
});
