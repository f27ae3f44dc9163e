import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openBeside } from "./beside.js";
import { hide, pause, quit, until, visit } from "./harness.js";
import { told } from "./told.js";

after(quit);

const BUGS = `function crash() {
  throw new Error("Order 471112 of ann@example.org is lost");
}
function reject() {
  Promise.reject(new Error("No answer"));
}
function repeat(times, text) {
  for (let i = 0; i < times; i++) setTimeout(() => { throw new Error(text(i)); });
}`;

const PAGE = {
  "/": `<!doctype html><title>Bugs</title><script src="/sdk.js"></script><script src="/bugs.js?token=secret"></script><p>x</p>`,
  "/bugs.js": BUGS,
};

const errorsOf = (world, type) => told(world, "error").filter((event) => event.type === type);

/** The errors that the test itself made; the harness complains of any other. */
async function forgive(errors, most) {
  await until(() => errors.length >= most);
  errors.length = 0;
}

/** Opened, and all later files are there. */
async function open(t, pages = PAGE, options = {}) {
  const beside = await openBeside(t);
  const opened = await visit(t, pages, {
    ...options,
    settings: { files: beside.files, ...options.settings },
  });
  await until(() => beside.asked.includes("idle"));
  await pause(300);
  return { ...opened, beside };
}

test("an error of a script tells its message with e-mails and digits starred, its file without the query, its line", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => {
    setTimeout(crash);
  });
  await forgive(errors, 1);
  await hide(tab);
  await until(() => told(world, "error"));
  const [{ type, message, source, line }] = told(world, "error");
  assert.equal(type, "js");
  assert.match(message, /Order \*\*\* of \*\*\* is lost$/);
  assert.equal(source, `${world.url}/bugs.js`);
  assert.equal(line, 2);
  assert.ok(!world.bodies.join().includes("471112"));
});

test("an error before the later files have come is told with the time at which it happened", async (t) => {
  const beside = await openBeside(t);
  beside.late = { more: 700, idle: 700 };
  const { world, tab, errors } = await visit(
    t,
    {
      "/": `<!doctype html><title>Bugs</title><script src="/sdk.js"></script><script>thrown = performance.now(); early()</script><p>x</p>`,
    },
    { settings: { files: beside.files } },
  );
  await until(() => beside.asked.includes("idle"));
  await pause(1200);
  await forgive(errors, 1);
  await hide(tab);
  const [error] = await until(() => told(world, "error"));
  const thrown = await tab.evaluate(() => thrown);
  assert.equal(error.type, "js");
  assert.ok(Math.abs(error.t - thrown) <= 50, `${error.t}, not ${thrown}`);
  assert.equal(error.source, `${world.url}/`);
});

test("a rejected promise tells where its first frame is", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => {
    setTimeout(reject);
  });
  await forgive(errors, 1);
  await hide(tab);
  await until(() => told(world, "error"));
  const [{ type, message, source, line }] = told(world, "error");
  assert.deepEqual([type, message, line], ["rejection", "No answer", 5]);
  assert.equal(source, `${world.url}/bugs.js`);
});

test("a promise that is rejected with anything but an error is told, too", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => {
    for (const reason of ["in words", undefined, 4915112345]) Promise.reject(reason);
  });
  await forgive(errors, 3);
  await hide(tab);
  await until(() => errorsOf(world, "rejection").length === 3);
  assert.deepEqual(
    errorsOf(world, "rejection").map(({ message }) => message),
    ["in words", undefined, "***"],
  );
});

test("an image, a style and a script that do not load are told by their address without its query", async (t) => {
  const { world, tab } = await open(t);
  await tab.evaluate(() => {
    document.body.insertAdjacentHTML("beforeend", `<img src="/no.png?who=ann">`);
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/no.css?x=1" });
    document.head.append(style, Object.assign(document.createElement("script"), { src: "/no/script?x=1" }));
  });
  await pause(500);
  await hide(tab);
  await until(() => errorsOf(world, "resource").length === 3);
  assert.deepEqual(
    errorsOf(world, "resource")
      .map(({ message, source }) => `${message} ${source}`)
      .sort(),
    [`img ${world.url}/no.png`, `link ${world.url}/no.css`, `script ${world.url}/no/script`],
  );
});

test("a request that is refused is told where the browser knows the status, our own never", async (t) => {
  const { world, tab } = await open(t);
  const isKnown = await tab.evaluate(() => "responseStatus" in PerformanceResourceTiming.prototype);
  world.answers = [503, 503];
  await tab.evaluate(async () => {
    footpath("conversion", "x");
    await fetch("/none?who=ann");
    const request = new XMLHttpRequest();
    request.open("GET", "/nobody");
    request.send();
    await new Promise((done) => {
      request.onloadend = done;
    });
  });
  await until(() => told(world, "conversion"));
  // The browser tells of a request a little later.
  await pause(500);
  await hide(tab);
  await until(() => told(world, "engagement"));
  await pause(300);
  assert.deepEqual(
    told(world, "error").map(({ type, message, source }) => `${type} ${message} ${source}`),
    isKnown ? [`http 404 ${world.url}/none`, `http 404 ${world.url}/nobody`] : [],
  );
});

test("the same error is told five times, and any errors twenty times a page view", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => repeat(8, () => "The same"));
  await forgive(errors, 8);
  await tab.evaluate(() => repeat(26, (i) => `Number ${"abcdefghijklmnopqrstuvwxyz"[i]}`));
  await forgive(errors, 26);
  await hide(tab);
  await until(() => told(world, "error").length >= 20);
  await pause(300);
  assert.equal(told(world, "error").length, 20);
  assert.equal(told(world, "error").filter(({ message }) => message.includes("The same")).length, 5);
});

test("the next page view of a single-page app may fail anew", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => repeat(6, () => "The same"));
  await forgive(errors, 6);
  await tab.evaluate(() => history.pushState(0, "", "/two"));
  await pause(500);
  await tab.evaluate(() => repeat(6, () => "The same"));
  await forgive(errors, 6);
  await hide(tab);
  await until(() => told(world, "error").length >= 10);
  await pause(300);
  assert.equal(told(world, "error").length, 10);
  assert.equal(new Set(told(world, "error").map(({ batch }) => batch.page.id)).size, 2);
});

test("a message is cut at 200 characters", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => repeat(1, () => "long ".repeat(100)));
  await forgive(errors, 1);
  await hide(tab);
  const [{ message }] = await until(() => told(world, "error"));
  assert.equal(message.length, 200);
});

test("addresses in messages lose their queries, and addresses of failures their e-mails and embedded data", async (t) => {
  const { world, tab, errors } = await open(t);
  await tab.evaluate(() => {
    repeat(1, () => "Failed to load https://shop.example/pay?card=gold now");
    document.body.insertAdjacentHTML(
      "beforeend",
      `<img src="/ann@example.org/face.png"><img src="data:image/png;base64,b0rken">`,
    );
  });
  await forgive(errors, 1);
  await pause(500);
  await hide(tab);
  await until(() => told(world, "error").length === 3);
  assert.match(errorsOf(world, "js")[0].message, /Failed to load https:\/\/shop.example\/pay now$/);
  assert.deepEqual(
    errorsOf(world, "resource")
      .map(({ source }) => source)
      .sort(),
    ["data:", `${world.url}/***/face.png`],
  );
});
