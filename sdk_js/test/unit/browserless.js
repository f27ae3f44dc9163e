// The few globals that the modules read when they are imported, so that pure parts run without a browser.
globalThis.SETTINGS = { site: "s", query: ["size"], hash: false };
globalThis.VERSION = "0.0.0";
globalThis.document = { currentScript: null };
globalThis.location = { href: "https://shop.example/start" };
globalThis.window = globalThis;
globalThis.Document = class {};
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
