import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hide, pause, quit, sum, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

/** Silent to the ear, but not muted: half a minute of samples that are nearly zero, repeated. */
const SOUND = `const samples = 8000 * 30;
const bytes = new DataView(new ArrayBuffer(44 + samples));
const text = (at, word) => [...word].forEach((letter, i) => bytes.setUint8(at + i, letter.charCodeAt(0)));
text(0, "RIFF"); text(8, "WAVEfmt "); text(36, "data");
bytes.setUint32(4, 36 + samples, true); bytes.setUint32(16, 16, true);
bytes.setUint16(20, 1, true); bytes.setUint16(22, 1, true);
bytes.setUint32(24, 8000, true); bytes.setUint32(28, 8000, true);
bytes.setUint16(32, 1, true); bytes.setUint16(34, 8, true); bytes.setUint32(40, samples, true);
for (let i = 0; i < samples; i++) bytes.setUint8(44 + i, 128);
const url = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));`;

/** The monotonic clock goes on faster while a test wants it. */
const CLOCK = `const real = performance.now.bind(performance);
let ahead = 0;
let clicked = 0;
performance.now = () => real() + ahead;
/** In steps of 4 s, at each of which the sound says that it plays, if it does. @returns ms since the click */
async function pass(seconds) {
  const sound = document.querySelector("audio");
  for (let i = 0; i < seconds; i += 4) {
    if (!sound.paused) await new Promise((done) => sound.addEventListener("timeupdate", done, { once: true }));
    ahead += 4000;
  }
  return performance.now() - clicked;
}`;

const PAGE = {
  "/": `<!doctype html><title>Sound</title><script src="/clock.js"></script><script src="/sdk.js"></script>
<button>Play</button><audio loop></audio><script src="/sound.js"></script>`,
  "/clock.js": CLOCK,
  "/sound.js": `${SOUND}
const sound = document.querySelector("audio");
sound.src = url;
document.querySelector("button").onclick = () => { clicked = performance.now(); sound.play(); };`,
};

/**
 * Engaged time of a page view whose only input is the click that plays the sound.
 * @param {() => Promise<number>} happen in the page; ms since the click
 * @returns {Promise<[engaged: number, passed: number]>} s
 */
async function engagedWhile(t, happen) {
  const { world, tab } = await visit(t, PAGE);
  await until(() => told(world, "page_view"));
  await pause(1000);
  await tab.click("button");
  await until(() => tab.evaluate(() => document.querySelector("audio").currentTime > 0));
  const passed = await tab.evaluate(happen);
  await hide(tab);
  await until(() => told(world, "engagement"));
  await pause(300);
  return [sum(told(world, "engagement"), "engaged_ms") / 1000, passed / 1000];
}

/** s */
const SLACK = 3;

const near = (value, expected) =>
  assert.ok(Math.abs(value - expected) <= SLACK, `${value} s is not about ${expected} s`);

test("while a sound plays that is not muted, somebody is engaged", async (t) => {
  const [engaged, passed] = await engagedWhile(t, () => pass(40));
  assert.ok(passed > 40 && passed < 60);
  near(engaged, passed);
});

test("60 s after the last input nobody listens any more", async (t) => {
  const [engaged, passed] = await engagedWhile(t, () => pass(80));
  assert.ok(passed > 80);
  near(engaged, 60);
});

test("a muted sound engages nobody", async (t) => {
  const [engaged] = await engagedWhile(t, () => {
    document.querySelector("audio").muted = true;
    return pass(40);
  });
  near(engaged, 15);
});

test("a sound that stops engages nobody from then on", async (t) => {
  const [engaged, passed] = await engagedWhile(t, async () => {
    const heard = await pass(24);
    document.querySelector("audio").pause();
    // It says that it has stopped.
    await new Promise((done) => setTimeout(done, 500));
    await pass(40);
    return heard;
  });
  // Not all browsers let it say that it stops: 5 s later at most.
  assert.ok(engaged > passed - SLACK && engaged < passed + 5 + SLACK, `${engaged} s of ${passed} s`);
});
