import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

test("the built file ends where the collector writes its settings", () => {
  assert.ok(read("dist/footpath.min.js").endsWith("})({});\n"));
  assert.equal(read("dist/footpath.min.js").split("({});").length, 2);
});

test("the built file evaluates no text and wraps nothing of the page", () => {
  const script = read("dist/footpath.min.js");
  for (const word of [
    "eval(",
    "new Function",
    "Worker(",
    "XMLHttpRequest",
    "document.cookie",
    "preventDefault",
  ]) {
    assert.ok(!script.includes(word), word);
  }
});

test("the lock file names no download address", () => {
  assert.ok(!/"resolved"|https?:\/\/[^"]*\.tgz/.test(read("package-lock.json")));
});

test("the stub fits 180 bytes", () => {
  assert.ok(read("dist/stub.js").trim().length <= 180);
});
