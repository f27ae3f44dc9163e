// Broken, bent and malicious pages: they see no error, they behave as without the script, and are captured where that is possible.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { events, hide, pause, quit, sum, until, visit } from "./harness.js";

after(quit);

const BODY = `<button type="button" onclick="done.push('button')">Go</button>
<label>Yes <input type="checkbox" onchange="done.push('box')"></label>
<a href="#there">There</a>
<form onsubmit="done.push('submit');event.preventDefault()"><input name="field"><button id="send">Send</button></form>`;

/** @param {Function | string} task runs before the script */
const pageWith = (task, body = BODY, tag = `<script async src="/sdk.js"></script>`) =>
  `<!doctype html><html><head><title>Hostile</title><script>window.done=[];${
    typeof task === "string" ? task : `(${task})()`
  }</script>${tag}</head><body>${body}</body></html>`;

/** What somebody does on the page, and what the page makes of it. */
async function use(tab) {
  await tab.click("button");
  await tab.click("[type=checkbox]");
  await tab.click("a");
  await tab.click("[name=field]");
  await tab.keyboard.type("abc");
  await tab.click("#send");
  const [done, typed, hash] = await tab.evaluate(() => [
    window.done.join(),
    document.querySelector("[name=field]").value,
    location.hash,
  ]);
  assert.deepEqual([done, typed, hash], ["button,box,submit", "abc", "#there"]);
}

/** The page bends what cannot be bent back: it is left by going elsewhere. */
const leave = (tab, world) => tab.goto(`${world.url}/elsewhere`);

/**
 * What a page does before the script comes, and what is captured nevertheless.
 * @type {Record<string, { task: () => any, captures?: "page" | "clicks" | "none", wrong?: boolean }>}
 */
const BENT = {
  "Object.prototype has enumerable extras": {
    task: () => {
      Object.prototype.extra = "extra";
      Object.prototype.found = true;
      Object.prototype.each = () => {};
    },
  },
  "Object.prototype is frozen": { task: () => Object.freeze(Object.prototype) },
  "Array.prototype has enumerable extras": {
    task: () => {
      Array.prototype.extra = () => {};
      Array.prototype.last = 1;
    },
  },
  // As Prototype.js 1.6 did: what is sent is wrong, and refused by the collector.
  "Array.prototype.toJSON turns lists into texts": {
    driver: true,
    captures: "none",
    wrong: true,
    task: () => {
      Array.prototype.toJSON = () => "[]";
    },
  },
  "String.prototype is patched": {
    captures: "none",
    task: () => {
      String.prototype.replace = () => {
        throw new Error("patched");
      };
    },
  },
  "Promise is replaced": {
    driver: true,
    task: () => {
      window.Promise = function broken() {
        throw new Error("no promise");
      };
    },
  },
  "JSON is replaced": {
    driver: true,
    captures: "none",
    task: () => (window.JSON = { parse() {}, stringify() {} }),
  },
  "JSON is missing": { driver: true, captures: "none", task: () => (window.JSON = undefined) },
  "Set is missing": { captures: "none", task: () => (window.Set = undefined) },
  "URL is replaced": { captures: "none", task: () => (window.URL = {}) },
  "fetch throws": {
    task: () => {
      window.fetch = () => {
        throw new Error("no fetch");
      };
    },
  },
  "fetch never answers": { task: () => (window.fetch = () => new Promise(() => {})) },
  "sendBeacon is missing": { captures: "page", task: () => (Navigator.prototype.sendBeacon = undefined) },
  "crypto is missing": {
    captures: "none",
    task: () => Object.defineProperty(window, "crypto", { value: undefined }),
  },
  "history.pushState throws": {
    task: () => {
      history.pushState = () => {
        throw new Error("no");
      };
    },
  },
  "MutationObserver is missing": { captures: "page", task: () => (window.MutationObserver = undefined) },
  "PerformanceObserver is missing": { task: () => (window.PerformanceObserver = undefined) },
  "performance has no entries": { task: () => (performance.getEntriesByType = () => []) },
  "requestIdleCallback is missing": { task: () => (window.requestIdleCallback = undefined) },
  "requestIdleCallback throws": {
    task: () => {
      window.requestIdleCallback = () => {
        throw new Error("never idle");
      };
    },
    captures: "none",
  },
  "Reflect is missing": { captures: "none", task: () => (window.Reflect = undefined) },
  // As zone.js wraps them.
  "addEventListener is patched": {
    task: () => {
      const { addEventListener } = EventTarget.prototype;
      EventTarget.prototype.addEventListener = function add(type, listener, options) {
        const wrapped = function (...args) {
          return typeof listener === "function" ? listener.apply(this, args) : listener.handleEvent(...args);
        };
        return addEventListener.call(this || window, type, wrapped, options);
      };
    },
  },
  "every event is stopped before the script": {
    captures: "page",
    task: () => {
      for (const type of ["click", "pointerdown", "input", "focusin", "keydown", "scroll", "pagehide"])
        window.addEventListener(type, (event) => event.stopImmediatePropagation(), true);
      // Nobody else hears of them now.
      window.done = { join: () => "button,box,submit", push() {} };
    },
  },
  "footpath is frozen": {
    captures: "none",
    task: () => Object.freeze(Object.assign(window, { footpath() {} }).footpath),
  },
  "footpath cannot be written": {
    captures: "none",
    task: () => Object.defineProperty(window, "footpath", { value: () => {}, writable: false }),
  },
  "a getter of another library's element throws": {
    task: () =>
      customElements.define(
        "bad-element",
        class extends HTMLElement {
          get type() {
            throw new Error("type");
          }
          get labels() {
            throw new Error("labels");
          }
          get form() {
            throw new Error("form");
          }
          get className() {
            throw new Error("className");
          }
        },
      ),
  },
};

for (const [name, { task, captures = "clicks", wrong, driver }] of Object.entries(BENT)) {
  // WebKit's driver runs in the page and needs what these take away.
  const skip = driver && process.env.FOOTPATH_ENGINE === "webkit";
  test(`where ${name} the page is unharmed${captures === "none" ? "" : ` and captured (${captures})`}`, {
    skip,
  }, async (t) => {
    const body = `${BODY}<bad-element tabindex="0">Bad</bad-element>`;
    const { world, tab } = await visit(t, { "/": pageWith(task, body), "/elsewhere": "<!doctype html>" });
    await pause(300);
    await use(tab);
    await tab.click("bad-element");
    await pause(800);
    await leave(tab, world);
    if (captures !== "none") await until(() => world.received.length);
    await pause(300);
    if (wrong) world.invalid = undefined;
    const kinds = new Set(world.received.flatMap((batch) => (wrong ? [] : batch.events)).map(({ k }) => k));
    if (captures !== "none") assert.ok(kinds.has("page_view"), `${[...kinds]}`);
    if (captures === "clicks") assert.ok(kinds.has("click"), `${[...kinds]}`);
  });
}

test("names of fields that hide what a form says of itself neither hang the page nor lose clicks", async (t) => {
  const names =
    "id name matches closest parentElement parentNode getAttribute getRootNode children localName";
  const more =
    "type form labels className querySelector contains attributes nodeType firstChild ownerDocument";
  const fields = `${names} ${more}`.split(" ").map((name) => `<input name="${name}">`);
  const { world, tab } = await visit(t, {
    "/": pageWith("", `<form onsubmit="return false">${fields.join("")}<button>Send</button></form>`),
  });
  await until(() => events(world, "page_view"));
  // Drivers look at these names, too.
  for (const selector of ["button", "[name=parentElement]"]) {
    const [x, y] = await tab.evaluate((what) => {
      const { left, top } = document.querySelector(what).getBoundingClientRect();
      return [Math.round(left) + 5, Math.round(top) + 5];
    }, selector);
    await tab.mouse.click(x, y);
  }
  await tab.keyboard.type("abc");
  assert.equal(await tab.evaluate(() => document.querySelector("[name=parentElement]").value), "abc");
  await hide(tab);
  const clicks = await until(() => events(world, "click"));
  assert.ok(clicks.some(({ response }) => response !== "focus"));
});

test("an element named currentScript cannot say where events go and later files come from", async (t) => {
  const heard = [];
  const evil = createServer((request, response) => {
    heard.push(request.url);
    response.end("");
  });
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  t.after(() => evil.close());
  const source = `http://127.0.0.1:${evil.address().port}/picture.png`;
  const { world } = await visit(t, {
    "/": pageWith(
      "",
      BODY,
      `</head><body><img name="currentScript" src="${source}" data-endpoint="${source}"><script src="/sdk.js"></script>`,
    ),
  });
  await until(() => events(world, "page_view"));
  await pause(500);
  assert.deepEqual([...new Set(heard)], ["/picture.png"]);
});

test("elements with names of the document and the window do not stop the script", async (t) => {
  const names = ["title", "referrer", "hidden", "body", "forms", "cookie"];
  const forms = names.map((name) => `<form name="${name}"><input name="slice"></form>`).join("");
  const ids = ["footpath", "navigation", "performance", "crypto", "screen"];
  const { world, tab } = await visit(t, {
    "/": pageWith(
      "",
      BODY,
      `</head><body>${forms}${ids.map((id) => `<nav id="${id}"></nav>`).join("")}<script src="/sdk.js"></script>`,
    ),
  });
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => history.pushState(null, "", "/second"));
  await until(() => events(world, "page_view")[1]);
});

test("a script without body, head or end of its document is enough", async (t) => {
  const { world } = await visit(t, { "/": `<!doctype html><script src="/sdk.js"></script>` });
  await until(() => events(world, "page_view"));
});

test("a page that writes itself while it loads is captured", async (t) => {
  const { world, tab } = await visit(t, {
    "/": `<!doctype html><script src="/sdk.js"></script><script>document.write("<button>Written</button><script src='/sdk.js'><\\/script>")</script>`,
  });
  await until(() => events(world, "page_view"));
  await tab.click("button");
  await hide(tab);
  await until(() => events(world, "click"));
  assert.equal(events(world, "page_view").length, 1);
});

test("a page that is wiped by document.open tells its page view", async (t) => {
  const { world, tab } = await visit(t, { "/": pageWith("") });
  await pause(100);
  await tab.evaluate(() => {
    document.open();
    document.write("<p>New</p><button>Other</button>");
    document.close();
  });
  await tab.click("button");
  await until(() => events(world, "page_view"));
});

test("XHTML and SVG documents are captured", async (t) => {
  const { world, tab } = await visit(t, `<p>x</p>`);
  await until(() => events(world, "page_view"));
  const script = (name) => `<${name} src="${world.url}/sdk.js" xmlns="http://www.w3.org/1999/xhtml"/>`;
  const documents = {
    "/a.xhtml": [
      "application/xhtml+xml",
      `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>X</title></head><body>${script("script")}<p>x</p></body></html>`,
    ],
    "/a.svg": [
      "image/svg+xml",
      `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><rect width="200" height="200"/>${script("script")}</svg>`,
    ],
  };
  const server = createServer((request, response) => {
    const [type, text] = documents[request.url] || ["text/html", ""];
    response.writeHead(200, { "content-type": type });
    response.end(text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  for (const path of Object.keys(documents)) {
    await tab.goto(`http://127.0.0.1:${server.address().port}${path}`);
    await until(() => world.received.find(({ page }) => page.url.endsWith(path)));
    await tab.mouse.click(100, 100);
  }
});

/** What the script itself has needed for a click, as it says. */
async function costOfClick(t, body) {
  const { world, tab } = await visit(t, { "/": pageWith("", body) });
  await until(() => events(world, "page_view"));
  await pause(1500);
  // What the loading has cost is told apart.
  await hide(tab);
  await pause(300);
  await tab.evaluate(() => {
    delete document.hidden;
    delete document.visibilityState;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  const before = events(world, "engagement").length;
  await tab.click("#target");
  await pause(1200);
  await hide(tab);
  const [click] = await until(() => events(world, "click"));
  const reports = await until(() => events(world, "engagement").slice(before));
  return { click, cost: sum(reports, "script_ms") };
}

for (const [name, body] of Object.entries({
  "50,000 siblings": `<div>${"<p>x</p>".repeat(25e3)}</div><button id="target">Go</button>${"<i></i>".repeat(25e3)}`,
  "a control around 50,000 nodes": `<div tabindex="0"><p id="target">Go</p>${"<p><b></b></p>".repeat(25e3)}</div>`,
  "500 levels": `${"<div>".repeat(500)}<button id="target">Go</button>`,
})) {
  test(`a click in a page with ${name} is captured, and its cost told`, async (t) => {
    const { click, cost } = await costOfClick(
      t,
      body.replace('id="target"', 'id="target" style="position:fixed;top:0;left:0"'),
    );
    t.diagnostic(`${Math.round(cost)} ms`);
    assert.ok(click.batch.elements[click.el]);
  });
}

test("5,000 levels deep a click is captured", async (t) => {
  const { world, tab } = await visit(t, { "/": pageWith("") });
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => {
    let at = document.body;
    for (let level = 0; level < 5000; level++) at = at.appendChild(document.createElement("span"));
    at.innerHTML = `<button id="deep" style="position:fixed;left:300px;top:300px;width:90px;height:40px">Deep</button>`;
  });
  await tab.mouse.click(340, 320);
  await pause(300);
  await hide(tab);
  await until(() => events(world, "click"));
});

test("elements that are removed by their own click are captured", async (t) => {
  const { world, tab } = await visit(t, {
    "/": pageWith(
      "",
      `<main><button onclick="this.parentElement.remove()">Remove</button></main><iframe></iframe>`,
    ),
  });
  await until(() => events(world, "page_view"));
  await pause(500);
  await tab.evaluate(() => document.querySelector("iframe").remove());
  await tab.click("button");
  await hide(tab);
  const [click] = await until(() => events(world, "click"));
  assert.equal(click.response, "mutation");
});

test("a page that never rests and clicks by itself still tells the visitor's own click once", async (t) => {
  const { world, tab } = await visit(t, {
    "/": pageWith(() => {
      setInterval(() => {
        const button = document.querySelector("button");
        if (!button) return;
        document.documentElement.dataset.time = performance.now();
        for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "input", "submit"])
          button.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true, composed: true }));
        document.dispatchEvent(new Event("click"));
        window.dispatchEvent(new Event("pointerdown"));
      }, 5);
    }),
  });
  await until(() => events(world, "page_view"));
  await tab.click("#send");
  await pause(300);
  await hide(tab);
  await pause(300);
  const clicks = events(world, "click");
  assert.equal(clicks.length, 1);
  assert.equal(clicks[0].batch.elements[clicks[0].el].name, "Send");
});

test("events of another realm do no harm", async (t) => {
  const { world, tab } = await visit(t, {
    "/": pageWith("", `<button>Go</button><iframe srcdoc="<input><button>In</button>"></iframe>`),
  });
  await until(() => events(world, "page_view"));
  await tab.evaluate(() => {
    const { contentWindow, contentDocument } = document.querySelector("iframe");
    const other = contentWindow.eval("new MouseEvent('click', { bubbles: true, composed: true })");
    document.querySelector("button").dispatchEvent(other);
    window.dispatchEvent(contentWindow.eval("new ErrorEvent('error', { message: 'elsewhere' })"));
    document.body.append(contentDocument.querySelector("button"));
  });
  await tab.click("button");
  await hide(tab);
  await until(() => events(world, "click"));
  // The page's own.
  world.errors.splice(
    0,
    world.errors.length,
    ...world.errors.filter((error) => !error.includes("elsewhere")),
  );
});

test("commands with hostile arguments do no harm, and the next one is heard", async (t) => {
  const { world, tab } = await visit(t, { "/": pageWith("") });
  await until(() => events(world, "page_view"));
  const thrown = await tab.evaluate(() => {
    const bad = () => {
      throw new Error("bad");
    };
    const cyclic = { name: "x" };
    cyclic.self = cyclic;
    const values = [
      Symbol("s"),
      { toString: bad, valueOf: bad },
      new Proxy({}, { get: bad, ownKeys: bad, getPrototypeOf: bad }),
      new Proxy(() => {}, { apply: bad, get: bad }),
      Object.defineProperty({}, "value", { get: bad, enumerable: true }),
      cyclic,
      Object.create(null),
      BigInt(7),
      "x".repeat(1e6),
      Array(1e4).fill("y"),
      NaN,
      -Infinity,
      null,
      undefined,
      { value: BigInt(7), currency: Symbol("s"), order_id: {} },
      { ["k".repeat(1e5)]: "v".repeat(1e5) },
      "http://[",
      document,
      window,
    ];
    const found = [];
    const commands = "conversion custom identify exposure survey page nothing".split(" ");
    for (const command of [...commands, ...values])
      for (const value of values)
        for (const words of [[value], [value, value], ["x", value]]) {
          try {
            if (footpath(command, ...words) !== undefined) found.push("an answer");
          } catch (error) {
            found.push(String(error));
          }
        }
    return found;
  });
  assert.deepEqual(thrown, []);
  await tab.evaluate(() => footpath("conversion", "after"));
  await until(() => events(world, "conversion").find(({ goal }) => goal === "after"), 20_000);
});
