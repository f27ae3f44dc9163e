// The WebDriver protocol, https://www.w3.org/TR/webdriver2: one browser, several tabs, one command at a time.

/** The driver listens a moment after it was started. */
const PATIENCE_MS = 5000;
/** Longer than any wait of a test. */
const MOST_MS = 20_000;

async function call(method, address, body) {
  const response = await fetch(address, {
    method,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(MOST_MS),
  }).catch((error) => {
    throw new Error(`${method} ${address}: ${error.message}`, error);
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${method} ${address}: ${value.error}: ${value.message}`);
  return value;
}

/** A call that waits for the driver. */
async function knock(method, address, body) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call(method, address, body);
    } catch (error) {
      if (error.cause?.code !== "ECONNREFUSED" || Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export class Session {
  /**
   * @param {string} driver its address
   * @param {object} capabilities
   */
  static async open(driver, capabilities) {
    const { sessionId } = await knock("POST", `${driver}/session`, {
      capabilities: { alwaysMatch: capabilities },
    });
    const address = `${driver}/session/${sessionId}`;
    return new Session(address, await call("GET", `${address}/window`));
  }

  constructor(address, handle) {
    this.address = address;
    /** The tab that commands go to. */
    this.handle = handle;
    this.last = Promise.resolve();
  }

  /** Commands of tests that do two things at once wait for each other. */
  next(task) {
    const done = this.last.then(task);
    this.last = done.catch(() => {});
    return done;
  }

  /** A command to one tab, which comes to the front as a visitor would bring it. */
  send(handle, method, path, body) {
    return this.next(async () => {
      if (handle !== this.handle) await call("POST", `${this.address}/window`, { handle });
      this.handle = handle;
      return call(method, this.address + path, body);
    });
  }

  /** In a window of its own: WebKitWebDriver opens tabs behind the first, where they stay hidden. */
  newTab() {
    return this.next(
      async () => (await call("POST", `${this.address}/window/new`, { type: "window" })).handle,
    );
  }

  /** Afterwards commands need another tab, if only to open a new one. */
  async closeTab(handle) {
    const [other] = await this.send(handle, "DELETE", "/window");
    if (other) await this.send(other, "GET", "/title");
  }

  close() {
    return this.next(() => call("DELETE", this.address).catch(() => {}));
  }
}
