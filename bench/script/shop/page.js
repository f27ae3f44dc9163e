// The page: a shop of about 1,500 nodes that does some work of its own.
import { readFileSync } from "node:fs";

const part = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const [work, latency, style] = ["work.js", "latency.js", "style.css"].map(part);

const many = (count, html) => Array.from({ length: count }, (_, i) => html(i)).join("\n");

const COLOURS = ["Walnut", "Oak", "Slate", "Ivory", "Moss", "Rust"];
const THINGS = ["chair", "lamp", "table", "shelf", "rug", "mirror", "clock", "vase"];
const named = (i) => `${COLOURS[i % 6]} ${THINGS[i % 8]} No. ${i}`;

const card = (i) => `<li class="card" data-price="${19 + ((i * 37) % 180)}" data-colour="${i % 6}">
<a class="picture" href="/product/${i}"><span class="image c${i % 6}"></span></a>
<h3><a href="/product/${i}">${named(i)}</a></h3>
<p class="price"><b>${19 + ((i * 37) % 180)}</b> EUR <s>${29 + ((i * 37) % 180)}</s></p>
<p class="note">Ships within ${1 + (i % 5)} days, returns are free.</p>
<button type="button" class="add">Add to cart</button></li>`;

const field = ([name, type]) =>
  `<p><label for="f-${name}">${name}</label><input id="f-${name}" name="${name}" type="${type}"></p>`;

/** @param {string} head what a variant puts there */
export const shop = (
  head,
) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop: chairs and lamps</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><style>${style}</style>
${head}</head><body>
<header><a class="logo" href="/">Shop</a><nav><ul>${many(10, (i) => `<li><a href="/category/${i}">${THINGS[i % 8]}s</a></li>`)}</ul></nav>
<input type="search" name="q" aria-label="Search" placeholder="Search"><button type="button" id="cart">Cart (<span id="count">0</span>)</button></header>
<main><section class="hero"><h1>Things for rooms</h1><p>Everything ships within five days.</p><div class="scroller" tabindex="-1">
${many(16, (i) => `<div class="tile c${i % 6}"><b>${named(i)}</b></div>`)}</div><button type="button" id="next">Next</button></section>
<div class="columns"><aside><h2>Filter</h2>${many(6, (i) => `<label><input type="checkbox" class="filter" value="${i}"> ${COLOURS[i]}</label>`)}
<details><summary>Sizes</summary>${many(8, (i) => `<label><input type="radio" name="size" value="${i}"> ${40 + i * 10} cm</label>`)}</details></aside>
<section><h2>Products</h2><ul class="grid">${many(112, card)}</ul></section></div>
<section class="checkout"><h2>Order</h2><form id="order" action="/ordered" method="post">${[
  ["name", "text"],
  ["email", "email"],
  ["street", "text"],
  ["city", "text"],
  ["code", "text"],
]
  .map(field)
  .join("\n")}
<p><label for="f-land">land</label><select id="f-land" name="land">${many(12, (i) => `<option>Land ${i}</option>`)}</select></p>
<p><label for="f-note">note</label><textarea id="f-note" name="note" rows="3"></textarea></p><button>Order now</button></form></section>
<section class="reviews"><h2>Reviews</h2>${many(30, (i) => `<article><h3>${named(i)}</h3><p>Reviewed by a customer who has had it for ${i + 1} months.</p><button type="button" class="helpful">Helpful</button></article>`)}</section>
</main><footer>${many(4, (c) => `<ul>${many(8, (i) => `<li><a href="/help/${c}-${i}">Help ${c}.${i}</a></li>`)}</ul>`)}</footer>
<script>${work}
${latency}</script></body></html>`;
