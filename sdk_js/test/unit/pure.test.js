import "./browserless.js";
import assert from "node:assert/strict";
import { test } from "node:test";

const { cleanAddress } = await import("../../src/address.js");
const { passes } = await import("../../src/cap.js");
const { sums } = await import("../../src/sums.js");
const { randomId, timedId } = await import("../../src/id.js");
const { hash } = await import("../../src/more/hash.js");
const { beginPage } = await import("../../src/page.js");
const { clean } = await import("../../src/text.js");
const { guard, setStopped } = await import("../../src/guard.js");

test("a timed id begins with 40 bits of ms since 2025-01-01 and is 16 hex digits", () => {
  const ms = Date.UTC(2026, 10, 21, 12);
  assert.match(timedId(ms), /^[0-9a-f]{16}$/);
  assert.equal(Number.parseInt(timedId(ms).slice(0, 10), 16), ms - Date.UTC(2025, 0, 1));
});

test("a clock before 2025 is clamped to 0", () => {
  assert.match(timedId(0), /^0{10}[0-9a-f]{6}$/);
});

test("random ids are 16 hex digits and differ", () => {
  const ids = new Set(Array.from({ length: 1000 }, randomId));
  assert.equal(ids.size, 1000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
});

test("the identity hash is stable, 16 hex digits, and does not collide on near names", () => {
  assert.equal(hash("button,Add to cart,main"), hash("button,Add to cart,main"));
  const keys = new Set();
  for (let i = 0; i < 20000; i++) keys.add(hash(`button,Name ${i},main`));
  assert.equal(keys.size, 20000);
  for (const key of keys) assert.match(key, /^[0-9a-f]{16}$/);
});

const TEXTS = [
  ["  Add \n to   cart ", "Add to cart"],
  ["Write to ann.lee@example.org now", "Write to *** now"],
  ["Order 12345", "Order ***"],
  ["Top 10", "Top 10"],
  ["4111 1111 1111 1111", "*** *** *** ***"],
  ["x".repeat(200), "x".repeat(80)],
  ["", ""],
];

for (const [given, expected] of TEXTS) {
  test(`"${given.slice(0, 20)}" is kept as "${expected.slice(0, 20)}"`, () =>
    assert.equal(clean(given), expected));
}

const ADDRESSES = [
  ["https://a.example/p?utm_source=x&token=1&gclid=2#frag", "https://a.example/p?utm_source=x&gclid=2"],
  ["https://user:pass@a.example:8080/p", "https://a.example:8080/p"],
  ["/relative?size=m&color=red", "https://shop.example/relative?size=m"],
  [
    "https://a.example/?wbraid=1&gbraid=2&li_fat_id=3&xbraid=4",
    "https://a.example/?wbraid=1&gbraid=2&li_fat_id=3",
  ],
  [
    "https://a.example/?dclid=1&yclid=2&epik=3&rdt_cid=4&ScCid=5&userclid=6",
    "https://a.example/?dclid=1&yclid=2&epik=3&rdt_cid=4&ScCid=5",
  ],
  ["https://a.example/?utm_source=a%26b", "https://a.example/?utm_source=a%26b"],
  ["https://a.example/u/ann.lee@b.example/x", "https://a.example/u/***/x"],
  ["https://a.example/?utm_content=ann%40b.example", "https://a.example/?utm_content=***"],
  ["https://a.example/@ann/react@18.2.0", "https://a.example/@ann/react@18.2.0"],
  ["", ""],
];

for (const [given, expected] of ADDRESSES) {
  test(`the address ${given || "(none)"} is kept as ${expected || "(none)"}`, () =>
    assert.equal(cleanAddress(given), expected));
}

test("an address is cut at 2,048 characters", () => {
  assert.equal(cleanAddress(`https://a.example/${"x".repeat(3000)}`).length, 2048);
});

test("a burst of 100 passes, the rest is counted once", () => {
  beginPage(0, "", []);
  const passed = Array.from({ length: 150 }, passes).filter(Boolean).length;
  assert.ok(passed >= 100 && passed <= 103);
  assert.equal(sums.dropped, 150 - passed);
});

test("a guarded function never throws and does nothing once stopped", () => {
  let calls = 0;
  const guarded = guard(() => {
    calls++;
    throw new Error("inside");
  });
  guarded();
  setStopped(true);
  guarded();
  setStopped(false);
  assert.equal(calls, 1);
});
