// An application: tables, tabs, menus, icons without words.
import { body, dialog, iconOnly, section } from "./frame.js";
import { block, count, h, headline, icon, price } from "./tree.js";

const SIDE = [
  ["Overview", "grid"],
  ["Orders", "cart"],
  ["Customers", "user"],
  ["Messages", "bell"],
  ["Settings", "list"],
];

const stat = (style, name, i) =>
  h(
    "div",
    { part: "stat" },
    h("span", { part: "stat-name" }, name),
    price("€8,214"),
    iconOnly(style, "button", "more", `More about ${name}`, {
      "aria-haspopup": "menu",
      id: { gen: 380 + i },
    }),
  );

const row = (style, name, i) =>
  h(
    "tr",
    { part: "row" },
    h("td", null, h("input", { type: "checkbox", "aria-label": "Select the row", part: "row-check" })),
    h("td", null, h("a", { href: `/orders/${4800 + i}`, part: "row-link" }, name)),
    h(
      "td",
      null,
      h(
        "button",
        { "aria-haspopup": "listbox", id: { gen: 320 + i }, part: "row-status" },
        i % 3 ? "Paid" : "Open",
        icon("down"),
      ),
    ),
    h("td", null, price(`€${40 + i}.00`)),
    h(
      "td",
      { part: "row-actions" },
      iconOnly(style, "button", "edit", "Edit"),
      iconOnly(style, "button", "trash", "Delete"),
    ),
  );

const ORDERS =
  "Birch & Co|Oak Works|Elm Street|Rowan Ltd|Ash Brothers|Maple Inc|Willow Press|Cedar Lab".split("|");

const tables = (style) => [
  section(
    "orders",
    "Orders",
    h(
      "div",
      { role: "tablist", part: "tab-list" },
      ["All", "Open", "Paid", "Returned"].map((name, i) =>
        h(
          "button",
          { role: "tab", id: { gen: 340 + i }, "aria-controls": { gen: 350 }, part: "tab" },
          count(i * 4 + 1, (n) => `${name} ${n}`),
        ),
      ),
    ),
    h(
      "div",
      { part: "chips" },
      ["This month", "Germany"].map((name) =>
        h("span", { part: "chip" }, name, iconOnly(style, "button", "close", `Remove ${name}`)),
      ),
    ),
    h(
      "table",
      { part: "table", id: { gen: 350 } },
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          h("th", null, h("input", { type: "checkbox", "aria-label": "Select all", part: "row-check" })),
          ["Name", "Status", "Amount"].map((name) =>
            h("th", null, h("button", { part: "sort-button" }, name, icon("down"))),
          ),
          h("th", null),
        ),
      ),
      h(
        "tbody",
        null,
        ORDERS.map((name, i) => row(style, name, i)),
      ),
    ),
    h(
      "div",
      { part: "pager" },
      iconOnly(style, "button", "left", "Previous page"),
      ["1", "2", "3"].map((n) => h("button", { part: "page-number" }, n)),
      iconOnly(style, "button", "right", "Next page"),
    ),
  ),
  section(
    "invoices",
    "Invoices",
    h(
      "table",
      { part: "table" },
      h(
        "tbody",
        null,
        ORDERS.slice(0, 5).map((name) =>
          h(
            "tr",
            { part: "row" },
            h("td", null, name),
            h("td", null, h("button", { part: "download" }, "Download")),
            h("td", { part: "row-actions" }, iconOnly(style, "button", "trash", "Delete")),
          ),
        ),
      ),
    ),
  ),
];

export const dashboard = (style) =>
  body(
    block(
      h(
        "aside",
        { part: "sidebar" },
        h("a", { href: "/app", part: "logo" }, icon("bird")),
        h(
          "nav",
          { part: "side-nav" },
          SIDE.map(([name, shape]) =>
            h(
              "a",
              { href: `/app/${name.toLowerCase()}`, part: "side-link" },
              icon(shape),
              style.heading === "p" ? undefined : h("span", null, name),
            ),
          ),
        ),
        iconOnly(style, "button", "left", "Collapse"),
      ),
    ),
    block(
      h(
        "header",
        { part: "topbar" },
        h("input", { type: "search", placeholder: "Search orders", name: "search", part: "search-input" }),
        h(
          "button",
          { part: "notifications", "aria-label": style.isLabelled && "Notifications" },
          icon("bell"),
          count(5, (n) => `${n}`),
        ),
        h(
          "button",
          { "aria-haspopup": "menu", id: { gen: 301 }, part: "account" },
          h("img", { src: "/me.jpg", alt: "Your account" }),
        ),
        h(
          "div",
          { role: "menu", id: { gen: 302 }, part: "dropdown" },
          ["Profile", "Billing", "Sign out"].map((name) =>
            h("div", { role: "menuitem", tabindex: "0", part: "dropdown-item" }, name),
          ),
        ),
      ),
    ),
    block(
      h(
        "main",
        { part: "content" },
        h("h1", { part: "page-title" }, headline("Overview")),
        block(
          h(
            "div",
            { part: "toolbar" },
            h("button", { part: "range", id: { gen: 310 } }, "Last month", icon("down")),
            h("button", { part: "export", "aria-haspopup": "menu" }, "Export"),
            h(
              "div",
              { role: "menu", part: "dropdown" },
              ["CSV", "JSON"].map((name) =>
                h("div", { role: "menuitem", tabindex: "0", part: "dropdown-item" }, name),
              ),
            ),
          ),
        ),
        block(
          h(
            "section",
            { part: "stats" },
            ["Revenue", "Orders", "Visitors", "Returns"].map((name, i) => stat(style, name, i)),
          ),
        ),
        tables(style),
        section(
          "team",
          "Team",
          h(
            "ul",
            { part: "team" },
            ["Ann", "Ben", "Cem"].map((name) =>
              h(
                "li",
                { part: "member" },
                h(
                  "div",
                  { role: "button", tabindex: "0", part: "member-card" },
                  h("b", null, name),
                  h("i", null, "Editor"),
                ),
                h("button", { part: "invite" }, "Message"),
              ),
            ),
          ),
        ),
      ),
    ),
    dialog(style, "Delete the order?", "Delete"),
  );
