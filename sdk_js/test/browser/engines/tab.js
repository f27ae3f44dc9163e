// The part of playwright's Page that the tests use, over WebDriver.

const LEFT = 0;
const BUTTONS = ["left", "middle", "right"];

/** https://www.w3.org/TR/webdriver2/#keyboard-actions */
const KEYS = {
  Backspace: "\uE003",
  Tab: "\uE004",
  Enter: "\uE007",
  Shift: "\uE008",
  Control: "\uE009",
  Alt: "\uE00A",
  Escape: "\uE00C",
  Space: " ",
  PageUp: "\uE00E",
  PageDown: "\uE00F",
  End: "\uE010",
  Home: "\uE011",
  ArrowLeft: "\uE012",
  ArrowUp: "\uE013",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  Delete: "\uE017",
};

const keyOf = (name) => KEYS[name] || name;
const down = (name) => ({ type: "keyDown", value: keyOf(name) });
const up = (name) => ({ type: "keyUp", value: keyOf(name) });

/** Runs in the page: the first element of a selector, through shadow roots. */
const FIND = `(selector) => {
  const search = (root) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const { shadowRoot } of root.querySelectorAll("*")) {
      const inside = shadowRoot && search(shadowRoot);
      if (inside) return inside;
    }
  };
  return search(document);
}`;

/** Where to click an element: its middle, once it is in view. */
const middle = (element) => {
  const place = () => element.getBoundingClientRect();
  const isOut = ({ top, left, bottom, right }) =>
    top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
  if (isOut(place())) element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const { left, top, width, height } = place();
  return width && height && [Math.round(left + width / 2), Math.round(top + height / 2)];
};

/** As in playwright: ** is anything, * anything but a slash. */
const globbed = (glob) =>
  new RegExp(
    `^${glob
      .replace(/[.+?^$()|[\]{}\\]/g, "\\$&")
      .replaceAll("**", "\0")
      .replaceAll("*", "[^/]*")
      .replaceAll("\0", ".*")}$`,
  );

const PATIENCE_MS = 10_000;
const STEP_MS = 50;

async function until(question, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await question();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

export class Tab {
  /**
   * @param {import("./webdriver.js").Session} session
   * @param {string} handle
   */
  constructor(session, handle) {
    this.session = session;
    this.handle = handle;
    this.at = [0, 0];
    this.mouse = {
      move: (x, y) => this.point({ type: "pointerMove", x, y, duration: 0 }),
      down: () => this.point({ type: "pointerDown", button: LEFT }),
      up: () => this.point({ type: "pointerUp", button: LEFT }),
      click: (x, y, options) => this.clickAt([x, y], options),
      wheel: (deltaX, deltaY) => this.roll(deltaX, deltaY),
    };
    this.keyboard = {
      type: (text, { delay = 0 } = {}) =>
        this.strike(
          ...[...text].flatMap((letter) => [
            down(letter),
            up(letter),
            ...(delay ? [{ type: "pause", duration: delay }] : []),
          ]),
        ),
      press: (combination) => {
        const names = combination.split("+");
        return this.strike(...names.map(down), ...names.reverse().map(up));
      },
      down: (name) => this.strike(down(name)),
      up: (name) => this.strike(up(name)),
    };
  }

  send(method, path, body) {
    return this.session.send(this.handle, method, path, body);
  }

  /** Runs a function in the page and waits for its promise. */
  async evaluate(task, given) {
    return this.run(`return (${task})(...arguments)`, given);
  }

  run(script, ...args) {
    return this.send("POST", "/execute/sync", { script, args });
  }

  /** Runs a function on the first element of a selector. */
  async on(selector, task, given) {
    const script = `const element = (${FIND})(arguments[0]); return element && (${task})(element, arguments[1])`;
    return until(() => this.run(script, selector, given), selector);
  }

  perform(...actions) {
    return this.send("POST", "/actions", { actions });
  }

  point(...actions) {
    for (const { type, x, y } of actions) if (type === "pointerMove") this.at = [x, y];
    return this.perform({ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions });
  }

  strike(...actions) {
    return this.perform({ type: "key", id: "keyboard", actions });
  }

  roll(deltaX, deltaY) {
    const [x, y] = this.at;
    const actions = [{ type: "scroll", x, y, deltaX, deltaY, duration: 0 }];
    return this.perform({ type: "wheel", id: "wheel", actions });
  }

  async clickAt([x, y], { button = "left", modifiers = [], clickCount = 1 } = {}) {
    const number = BUTTONS.indexOf(button);
    const once = [
      { type: "pointerDown", button: number },
      { type: "pointerUp", button: number },
    ];
    if (modifiers.length) await this.strike(...modifiers.map(down));
    await this.point(
      { type: "pointerMove", x, y, duration: 0 },
      ...Array.from({ length: clickCount }, () => once).flat(),
    );
    if (modifiers.length) await this.strike(...modifiers.map(up));
  }

  async click(selector, options) {
    return this.clickAt(await this.on(selector, middle), options);
  }

  dblclick(selector) {
    return this.click(selector, { clickCount: 2 });
  }

  async focus(selector) {
    await this.on(selector, (element) => {
      element.focus();
      return true;
    });
  }

  /** Typed, in place of what was there. */
  async fill(selector, text) {
    await this.focus(selector);
    await this.on(selector, (element) => {
      element.select();
      return true;
    });
    await this.keyboard.type(text);
  }

  async selectOption(selector, text) {
    await this.on(
      selector,
      (element, wanted) => {
        element.value = wanted;
        for (const type of ["input", "change"]) element.dispatchEvent(new Event(type, { bubbles: true }));
        return true;
      },
      text,
    );
  }

  goto(url) {
    return this.send("POST", "/url", { url });
  }

  goBack() {
    return this.travel(-1);
  }

  goForward() {
    return this.travel(1);
  }

  /** By the page: WebKit's own command passes over what a page added to its history without a gesture. */
  async travel(steps) {
    await this.evaluate((by) => history.go(by), steps);
  }

  reload() {
    return this.send("POST", "/refresh", {});
  }

  close() {
    return this.session.closeTab(this.handle);
  }

  async waitForURL(glob) {
    const wanted = globbed(glob);
    await until(async () => wanted.test(await this.send("GET", "/url")), glob);
  }

  /** The window has bars of its own around the page. */
  async setViewportSize({ width, height }) {
    await until(async () => {
      const inner = await this.evaluate(() => [innerWidth, innerHeight]);
      if (inner[0] === width && inner[1] === height) return true;
      const outer = await this.send("GET", "/window/rect");
      await this.send("POST", "/window/rect", {
        width: outer.width + width - inner[0],
        height: outer.height + height - inner[1],
      });
    }, `a page of ${width} by ${height}`);
  }
}
