// A shop: a listing, a product, a checkout.
import { body, dialog, footer, header, iconOnly, section } from "./frame.js";
import { block, count, h, headline, icon, price } from "./tree.js";

const NAMES =
  "Tarn flask|Cairn mug|Fell socks|Hollin stick|Map case|Low headlamp|Thatch cap|Ember stove|Burrow tin|True compass|Heath scarf|Moor jacket|Birch spoon|Linen roll|Peat candle|Reed basket|Stone bowl|Wren whistle".split(
    "|",
  );

const slug = (name) => name.toLowerCase().replace(/ /g, "-");
const COLOURS = ["Moss", "Slate", "Rust"];

const crumbs = (...names) =>
  block(
    h(
      "nav",
      { "aria-label": "Breadcrumb", part: "crumbs" },
      h(
        "ol",
        null,
        names.map((name) => h("li", null, h("a", { href: `/${slug(name)}`, part: "crumb" }, name))),
      ),
    ),
  );

/** Picture and title lead to the same page, as everywhere. */
const card = (style, name, i) =>
  h(
    "article",
    { part: "product-card" },
    h(
      "a",
      { href: `/p/${slug(name)}`, part: "card-picture" },
      h("img", { src: `/i/${slug(name)}.jpg`, alt: name }),
    ),
    i % 4 === 1 && h("span", { part: "badge" }, "New"),
    iconOnly(style, "button", "heart", "Save for later", { type: "button" }),
    h(style.heading, { part: "card-title" }, h("a", { href: `/p/${slug(name)}`, part: "card-link" }, name)),
    h(
      "a",
      { href: `/p/${slug(name)}#reviews`, part: "card-rating" },
      count(7 + i * 3, (n) => `${n} reviews`),
    ),
    h(
      "div",
      { part: "swatches" },
      COLOURS.slice(0, 1 + (i % 3)).map((colour) =>
        h("button", { type: "button", part: "swatch", "aria-label": colour }),
      ),
    ),
    h("span", { part: "price" }, price(`€${12 + i}.00`)),
    i % 6 === 5
      ? h("button", { type: "button", part: "buy-button" }, "Notify me")
      : h("button", { type: "button", part: "buy-button", ...style.testId("add-to-cart") }, "Add to cart"),
  );

const cards = (style, part, from, to) =>
  h(
    style.heading === "h2" ? "ul" : "div",
    { part },
    NAMES.slice(from, to).map((name, i) => card(style, name, i)),
  );

const check = (label, name, gen) =>
  h(
    "div",
    { part: "check" },
    h("input", { type: "checkbox", name, value: label, id: { gen }, part: "check-box" }),
    h(
      "label",
      { for: { gen }, part: "check-label", clickable: true },
      label,
      " ",
      count(gen % 17, (n) => `(${n})`),
    ),
  );

const filter = (title, name, labels, gen) =>
  block(
    h(
      "fieldset",
      { part: "filter" },
      h(
        "legend",
        null,
        h("button", { type: "button", "aria-expanded": "true", part: "filter-toggle" }, title, icon("down")),
      ),
      labels.map((label, i) => check(label, name, gen + i)),
    ),
  );

export const listing = (style) =>
  body(
    header(style),
    block(
      h(
        "main",
        { id: "content", part: "content" },
        crumbs("Home", "Outdoor", "Camp kitchen"),
        h("h1", { part: "page-title" }, headline("Camp kitchen")),
        block(
          h(
            "aside",
            { part: "filters" },
            filter("Colour", "colour", COLOURS, 50),
            filter("Material", "material", ["Steel", "Wool", "Wood"], 60),
            h("button", { type: "button", part: "clear" }, "Clear all"),
          ),
        ),
        block(
          h(
            "div",
            { part: "toolbar" },
            h("label", { for: { gen: 70 }, part: "sort-label" }, "Sort by"),
            h(
              "select",
              { id: { gen: 70 }, name: "sort", part: "sort" },
              h("option", null, "Newest"),
              h("option", null, "Price"),
            ),
            iconOnly(style, "button", "grid", "Show as a grid"),
            iconOnly(style, "button", "list", "Show as a list"),
          ),
        ),
        block(h("section", { part: "results" }, cards(style, "grid", 0, 12))),
        block(
          h(
            "nav",
            { part: "pages", "aria-label": "Pages" },
            iconOnly(style, "a", "left", "Previous page", { href: "?page=1" }),
            ["1", "2", "3", "9"].map((n) => h("a", { href: `?page=${n}`, part: "page-number" }, n)),
            iconOnly(style, "a", "right", "Next page", { href: "?page=3" }),
          ),
        ),
        section("recent", "Recently viewed", cards(style, "row", 12, 16)),
        section(
          "campaign",
          "Winter is near",
          h("p", null, "Warm things."),
          h("a", { href: "/winter", part: "cta" }, "Shop now"),
        ),
        section(
          "campaign",
          "Gifts under €20",
          h("div", null, h("a", { href: "/gifts", part: "cta" }, "Shop now")),
        ),
      ),
    ),
    footer(style),
    dialog(style, "Choose your country", "Save"),
  );

const review = (style, i) =>
  h(
    style.heading === "h2" ? "li" : "div",
    { part: "review" },
    h("p", { part: "review-text" }, `Used it for ${i + 2} winters.`),
    h(
      "button",
      { type: "button", part: "helpful" },
      count(i * 2, (n) => `Helpful (${n})`),
    ),
    h("button", { type: "button", part: "report" }, "Report"),
  );

const details = (title) =>
  h(
    "details",
    { part: "fold" },
    h("summary", { part: "fold-title" }, title),
    h("p", null, `All about ${title.toLowerCase()}.`),
  );

const stepper = (style, name) =>
  h(
    "div",
    { part: "stepper" },
    h("button", { type: "button", part: "step", "aria-label": style.isLabelled && "Less" }, "−"),
    h("input", { name, value: "1", inputmode: "numeric", "aria-label": "Quantity", part: "quantity" }),
    h("button", { type: "button", part: "step", "aria-label": style.isLabelled && "More" }, "+"),
  );

export const product = (style) =>
  body(
    header(style),
    block(
      h(
        "main",
        { id: "content", part: "content" },
        crumbs("Home", "Outdoor", "Flasks"),
        block(
          h(
            "div",
            { part: "gallery" },
            iconOnly(style, "button", "zoom", "Zoom"),
            h(
              "ul",
              { part: "thumbs" },
              ["front", "back", "lid", "in use"].map((side) =>
                h(
                  "li",
                  null,
                  h(
                    "button",
                    { type: "button", part: "thumb" },
                    h("img", { src: `/i/${side}.jpg`, alt: `Tarn flask, ${side}` }),
                  ),
                ),
              ),
            ),
          ),
        ),
        block(
          h(
            "div",
            { part: "buy-box" },
            h("h1", { part: "page-title" }, headline("Tarn flask")),
            h(
              "a",
              { href: "#reviews", part: "rating" },
              count(48, (n) => `${n} reviews`),
            ),
            h(
              "div",
              { role: "radiogroup", "aria-label": "Size", part: "sizes" },
              ["0.5 l", "0.7 l", "1 l"].map((size, i) =>
                h(
                  "label",
                  { part: "size", clickable: true },
                  h("input", { type: "radio", name: "size", value: size, id: { gen: 80 + i } }),
                  size,
                ),
              ),
            ),
            h(
              "div",
              { part: "swatches" },
              COLOURS.map((colour) => h("button", { type: "button", part: "swatch", "aria-label": colour })),
            ),
            stepper(style, "quantity"),
            h(
              "button",
              { type: "submit", part: "buy-button", id: "add", ...style.testId("add-to-cart") },
              "Add to cart · ",
              price("€34.00"),
            ),
            iconOnly(style, "button", "heart", "Save for later"),
            iconOnly(style, "button", "share", "Share"),
          ),
        ),
        block(h("div", { part: "folds" }, ["Delivery", "Returns", "Materials"].map(details))),
        block(
          h(
            "div",
            { part: "tabs" },
            h(
              "div",
              { role: "tablist", part: "tab-list" },
              ["Description", "Care", "Questions"].map((name, i) =>
                h(
                  "button",
                  { role: "tab", id: { gen: 90 + i }, "aria-controls": { gen: 95 + i }, part: "tab" },
                  name,
                ),
              ),
            ),
            h(
              "div",
              { role: "tabpanel", id: { gen: 95 }, part: "panel" },
              "Keeps warm for a day. ",
              h("a", { href: "/care", part: "text-link" }, "How we test"),
            ),
          ),
        ),
        section(
          "reviews",
          "Reviews",
          h("label", { for: { gen: 100 } }, "Sort reviews"),
          h(
            "select",
            { id: { gen: 100 }, part: "sort" },
            h("option", null, "Newest"),
            h("option", null, "Best"),
          ),
          h(
            style.heading === "h2" ? "ul" : "div",
            { part: "review-list" },
            [0, 1, 2, 3, 4].map((i) => review(style, i)),
          ),
          h("button", { type: "button", part: "secondary-button" }, "Write a review"),
        ),
        section("related", "Goes well with it", cards(style, "row", 1, 5)),
      ),
    ),
    footer(style),
  );

const field = (label, name, gen, type = "text") =>
  h(
    "div",
    { part: "field" },
    h("label", { for: { gen }, part: "field-label" }, label),
    h("input", { type, name, id: { gen }, part: "field-input" }),
  );

const group = (title, ...children) =>
  block(h("fieldset", { part: "group" }, h("legend", { part: "group-title" }, headline(title)), ...children));

const choice = (name, label, gen) =>
  h(
    "label",
    { part: "choice", clickable: true },
    h("input", { type: "radio", name, value: label, id: { gen } }),
    h("span", null, label),
  );

const address = (kind, gen) => [
  field("First name", `${kind}-first`, gen),
  field("Last name", `${kind}-last`, gen + 1),
  field("Street and number", `${kind}-street`, gen + 2),
  field("Postcode", `${kind}-postcode`, gen + 3),
  field("City", `${kind}-city`, gen + 4),
];

export const checkout = (style) =>
  body(
    block(
      h(
        "header",
        { part: "slim-header" },
        h("a", { href: "/", part: "logo" }, h("img", { src: "/logo.svg", alt: "Alder & Finch" })),
        h(
          "a",
          { href: "/cart", part: "back" },
          icon("left"),
          count(3, (n) => `Back to cart (${n})`),
        ),
      ),
    ),
    block(
      h(
        "main",
        { id: "content", part: "content" },
        block(
          h(
            "form",
            { id: "checkout", part: "checkout" },
            group(
              "Contact",
              h("a", { href: "/login", part: "text-link" }, "Sign in"),
              field("E-mail", "email", 110, "email"),
              field("Phone", "phone", 111, "tel"),
              check("Send me news", "news", 112),
            ),
            group(
              "Delivery address",
              address("ship", 120),
              h("button", { type: "button", part: "link-button" }, "Find my address"),
            ),
            group(
              "Billing address",
              check("Same as delivery", "same", 130),
              address("bill", 131),
              h("button", { type: "button", part: "link-button" }, "Find my address"),
            ),
            group(
              "Delivery",
              choice("delivery", "Standard", 140),
              choice("delivery", "Express", 141),
              choice("delivery", "Pick up", 142),
            ),
            group(
              "Payment",
              choice("payment", "Card", 150),
              choice("payment", "Invoice", 151),
              field("Card number", "card", 152),
              field("Valid until", "until", 153),
              iconOnly(style, "button", "zoom", "Where is the code?", { type: "button" }),
            ),
            h(
              "div",
              { part: "consent" },
              h("input", { type: "checkbox", name: "terms", id: { gen: 160 } }),
              h("label", { for: { gen: 160 }, clickable: true }, "I accept the terms"),
              h("a", { href: "/terms", part: "text-link" }, "Read the terms"),
            ),
            h(
              "button",
              { type: "submit", part: "pay-button", ...style.testId("pay") },
              price("€1,149.00", (text) => `Pay ${text}`),
            ),
          ),
        ),
        block(
          h(
            "aside",
            { part: "summary" },
            h("h2", { part: "summary-title" }, headline("Your order")),
            h(
              "ul",
              { part: "lines" },
              NAMES.slice(0, 3).map((name, i) =>
                h(
                  "li",
                  { part: "line" },
                  h("a", { href: `/p/${slug(name)}`, part: "line-name" }, name),
                  stepper(style, `quantity-${i}`),
                  h(
                    "button",
                    { type: "button", part: "line-remove" },
                    style.isLabelled ? "Remove" : icon("trash"),
                  ),
                ),
              ),
            ),
            field("Promo code", "promo", 170),
            h("button", { type: "button", part: "secondary-button" }, "Apply"),
          ),
        ),
      ),
    ),
    block(
      h(
        "footer",
        { part: "slim-footer" },
        ["Imprint", "Privacy", "Terms"].map((text) =>
          h("a", { href: `/${text.toLowerCase()}`, part: "legal-link" }, text),
        ),
      ),
    ),
  );
