// What stands around every page: header, footer, dialogs.
import { block, count, h, headline, icon } from "./tree.js";

const link = (text, href, part = "nav-link") => h("a", { href, part }, text);

const MENU = [
  ["Shop", "/shop"],
  ["New in", "/new"],
  ["Journal", "/journal"],
  ["About", "/about"],
  ["Contact", "/contact"],
];

/** Icon-only controls have a label in some code bases only. */
export const iconOnly = (style, tag, name, label, attrs = {}) =>
  h(
    tag,
    { part: `${name}-button`, ...attrs, ...(style.isLabelled ? { "aria-label": label } : {}) },
    icon(name),
  );

export const header = (style, menu = MENU) =>
  block(
    h(
      "header",
      { part: "site-header" },
      h("a", { href: "#content", part: "skip" }, "Skip to content"),
      block(
        h(
          "a",
          { href: "/", part: "logo" },
          style.isLabelled ? h("img", { src: "/logo.svg", alt: "Alder & Finch" }) : icon("bird"),
        ),
      ),
      block(
        h(
          "nav",
          { part: "main-nav", "aria-label": style.isLabelled && "Main" },
          h(
            "ul",
            { part: "menu" },
            menu.map(([text, href]) => h("li", { part: "menu-item" }, link(text, href))),
          ),
          h(
            "button",
            { id: { gen: 2 }, "aria-haspopup": "menu", "aria-controls": { gen: 3 }, part: "menu-more" },
            "More",
            icon("down"),
          ),
          h(
            "div",
            { role: "menu", id: { gen: 3 }, "aria-labelledby": { gen: 2 }, part: "dropdown" },
            ["Gift cards", "Stores", "Careers"].map((text) =>
              h(
                "div",
                { role: "menuitem", tabindex: "-1", id: { gen: 3 + text.length }, part: "dropdown-item" },
                text,
              ),
            ),
          ),
        ),
      ),
      block(
        h(
          "form",
          { role: "search", part: "search", action: "/search" },
          h("input", { type: "search", name: "q", placeholder: "Search the shop", part: "search-input" }),
          iconOnly(style, "button", "search", "Search", { type: "submit" }),
        ),
      ),
      block(
        h(
          "div",
          { part: "actions" },
          iconOnly(style, "a", "user", "Your account", { href: "/account" }),
          iconOnly(style, "a", "heart", "Wish list", { href: "/wishes" }),
          h(
            "a",
            { href: "/cart", part: "cart-link" },
            icon("cart"),
            count(3, (n) => `Cart (${n})`),
          ),
          iconOnly(style, "button", "menu", "Open menu", { "aria-expanded": "false", id: { gen: 18 } }),
        ),
      ),
      // The same links once more, for small screens.
      h(
        "div",
        { part: "drawer", id: "mobile-menu" },
        h(
          "nav",
          { part: "drawer-nav", "aria-label": style.isLabelled && "Mobile" },
          menu.map(([text, href]) => link(text, href, "drawer-link")),
        ),
      ),
    ),
  );

const column = (title, links) =>
  block(
    h(
      "div",
      { part: "footer-column" },
      h("h4", { part: "footer-title" }, title),
      h(
        "ul",
        { part: "footer-list" },
        links.map((text) =>
          h("li", null, link(text, `/${text.toLowerCase().replace(/ /g, "-")}`, "footer-link")),
        ),
      ),
    ),
  );

export const footer = (style) =>
  block(
    h(
      "footer",
      { part: "site-footer" },
      column("Shop", ["New in", "Sale", "Gift cards", "Stores"]),
      column("Help", ["Contact", "Delivery", "Returns", "Size guide"]),
      column("Company", ["About", "Journal", "Careers"]),
      block(
        h(
          "form",
          { part: "newsletter", action: "/newsletter" },
          h("label", { for: { gen: 30 } }, "Your e-mail"),
          h("input", { type: "email", id: { gen: 30 }, name: "newsletter", part: "newsletter-input" }),
          h("button", { type: "submit", part: "newsletter-button" }, "Subscribe"),
        ),
      ),
      block(
        h(
          "div",
          { part: "social" },
          [
            ["bird", "https://social.example/alder"],
            ["photo", "https://photos.example/alder"],
            ["film", "https://films.example/alder"],
          ].map(([name, href]) =>
            iconOnly(style, "a", name, `Follow us: ${name}`, { href, rel: "noopener" }),
          ),
        ),
      ),
      block(
        h(
          "div",
          { part: "legal" },
          ["Imprint", "Privacy", "Terms"].map((text) => link(text, `/${text.toLowerCase()}`, "legal-link")),
          h("button", { type: "button", part: "cookie-button" }, "Cookie settings"),
        ),
      ),
    ),
  );

/** A section with a heading over it. */
export const section = (part, title, ...children) =>
  block(
    h(
      "section",
      { part: `${part}-section` },
      title && h("h2", { part: `${part}-title` }, headline(title)),
      ...children,
    ),
  );

export const dialog = (style, title, yes) =>
  h(
    "div",
    { role: "dialog", part: "dialog", "aria-labelledby": { gen: 41 } },
    h("h2", { id: { gen: 41 }, part: "dialog-title" }, title),
    iconOnly(style, "button", "close", "Close"),
    h("button", { type: "button", part: "secondary-button" }, "Cancel"),
    h("button", { type: "button", part: "primary-button" }, yes),
  );

export const body = (...children) => h("body", null, h("div", { id: "root", part: "app" }, ...children));
