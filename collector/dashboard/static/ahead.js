// Who rests on a link is about to open it: its page is asked for meanwhile, so that its answers are there then.
(() => {
  "use strict";
  const REST_MS = 80;
  /** What is kept stands for a minute. */
  const KEPT_MS = 55000;
  const PAGE = /^\/sites\/[^/]+\/[^/]+$/;

  /** When each address was asked for. */
  const asked = new Map();
  let waiting = 0;

  const ask = (link) => {
    const { href } = link;
    if (performance.now() - asked.get(href) < KEPT_MS) return;
    asked.set(href, performance.now());
    // Only that the server makes it counts; what went wrong is said on the page itself. What is not read would hold
    // a connection.
    fetch(href, { priority: "low", redirect: "manual" }).then((answer) => answer.arrayBuffer()).catch(() => {});
  };

  const onLink = (event) => {
    clearTimeout(waiting);
    const link = event.target instanceof Element && event.target.closest("a[href]");
    if (!link || link.origin !== location.origin || !PAGE.test(link.pathname) || link.href === location.href) return;
    waiting = setTimeout(ask, REST_MS, link);
  };

  addEventListener("pointerover", onLink);
  addEventListener("focusin", onLink);
})();
