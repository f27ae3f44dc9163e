// The frame of a page is there: ask for the whole page, in its place. What stands behind # is for the page.
(() => {
  "use strict";
  location.replace(document.querySelector("[data-whole]").href + location.hash);
})();
