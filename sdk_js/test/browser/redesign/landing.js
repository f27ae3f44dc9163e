// A landing page that says the same thing many times.
import { body, footer, header, iconOnly, section } from "./frame.js";
import { block, h, headline, icon, price } from "./tree.js";

const MENU = [
  ["Features", "#features"],
  ["Pricing", "#pricing"],
  ["Customers", "/customers"],
  ["Docs", "/docs"],
];

const feature = (style, title, href) =>
  h(
    "div",
    { part: "feature" },
    icon("grid"),
    h(style.heading, { part: "feature-title" }, title),
    h("p", null, `${title} in minutes.`),
    h("a", { href, part: "feature-link" }, "Learn more"),
  );

const plan = (style, name, cost) =>
  h(
    "div",
    { part: "plan" },
    h(style.heading, { part: "plan-name" }, name),
    h("p", { part: "plan-price" }, price(cost)),
    h(
      "ul",
      null,
      ["Reports", "Exports"].map((text) => h("li", null, text)),
    ),
    h("button", { type: "button", part: "plan-button" }, "Choose plan"),
  );

const question = (style, text, gen) =>
  style.isLabelled
    ? h(
        "div",
        { part: "question" },
        h(
          "h3",
          null,
          h(
            "button",
            {
              "aria-expanded": "false",
              "aria-controls": { gen },
              id: { gen: gen + 1 },
              part: "question-button",
            },
            text,
            icon("down"),
          ),
        ),
        h(
          "div",
          { id: { gen }, part: "answer" },
          "Yes. ",
          h("a", { href: "/docs", part: "text-link" }, "Read more"),
        ),
      )
    : h(
        "details",
        { part: "question" },
        h("summary", { part: "question-button" }, text),
        h("p", null, "Yes. ", h("a", { href: "/docs", part: "text-link" }, "Read more")),
      );

export const landing = (style) =>
  body(
    header(style, MENU),
    block(
      h(
        "main",
        { part: "content" },
        block(
          h(
            "section",
            { part: "hero" },
            h("h1", { part: "hero-title" }, headline("Numbers you can act on")),
            h("a", { href: "/signup", part: "cta" }, "Start free trial"),
            h("button", { type: "button", part: "secondary-button" }, icon("film"), "Watch the film"),
          ),
        ),
        block(
          h(
            "section",
            { part: "logos" },
            ["Birch", "Oak", "Elm", "Rowan"].map((name) =>
              h(
                "a",
                { href: `/customers/${name.toLowerCase()}`, part: "logo-link" },
                h("img", { src: `/${name}.svg`, alt: name }),
              ),
            ),
          ),
        ),
        section(
          "features",
          "Everything in one place",
          h(
            "div",
            { part: "feature-grid" },
            ["Funnels", "Heatmaps", "Forms"].map((title) =>
              feature(style, title, `/features/${title.toLowerCase()}`),
            ),
          ),
        ),
        section(
          "security",
          "Safe by design",
          h(
            "div",
            { part: "feature-grid" },
            ["Encryption", "Audit", "Roles"].map((title) => feature(style, title, "/security")),
          ),
        ),
        section(
          "integrations",
          "Plays with others",
          h("p", null, "Warehouse, mail, chat."),
          h("a", { href: "/integrations", part: "feature-link" }, "Learn more"),
        ),
        Object.assign(
          section(
            "pricing",
            "Pricing",
            h(
              "button",
              { role: "switch", "aria-checked": "false", part: "switch", id: { gen: 200 } },
              "Yearly",
            ),
            h(
              "div",
              { part: "plans" },
              plan(style, "Starter", "€9"),
              plan(style, "Team", "€29"),
              plan(style, "Company", "€99"),
            ),
            h("a", { href: "/compare", part: "text-link" }, "Compare plans"),
          ),
        ),
        section(
          "voices",
          "What people say",
          iconOnly(style, "button", "left", "Previous"),
          ["Jo", "Max", "Lee"].map((name) =>
            h(
              "figure",
              { part: "voice" },
              h("blockquote", null, "It works."),
              h("a", { href: `/customers/${name}`, part: "text-link" }, "Read the story"),
            ),
          ),
          iconOnly(style, "button", "right", "Next"),
          h(
            "div",
            { part: "dots" },
            ["1", "2", "3"].map((n) =>
              h("button", { type: "button", part: "dot", "aria-label": `Go to slide ${n}` }),
            ),
          ),
        ),
        section(
          "faq",
          "Questions",
          ["Can I host it myself?", "Is there a trial?", "Do you speak German?", "What about cookies?"].map(
            (text, i) => question(style, text, 210 + i * 3),
          ),
        ),
        block(
          h(
            "section",
            { part: "closing" },
            h("h2", { part: "closing-title" }, headline("Ready when you are")),
            h("a", { href: "/signup", part: "cta" }, "Start free trial"),
            h("a", { href: "/demo", part: "cta-second" }, "Book a demo"),
          ),
        ),
      ),
    ),
    footer(style),
  );
