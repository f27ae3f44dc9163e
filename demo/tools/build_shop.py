# ruff: noqa: E501
"""Write the demo shop: `python demo/tools/build_shop.py [folder]` renders every page and picture into the folder.

The result is committed, so that serving the shop needs no build. A test renders it again and compares.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

import drawings
from catalog import BY_SLUG, DELIVERY, FEATURED, FREE_DELIVERY_FROM, GROUPS, PRODUCTS, Product

SHOP = "Hedge & Holloway"
NAVIGATION = (("/products", "Shop"), ("/about", "About"), ("/faq", "Questions"))
GROUP_NOTES = {
    "Carry": "Sacks, cases and tins",
    "Wear": "From the head down to the heel",
    "Camp": "For the hour you sit down",
    "Find the way": "Light, lean on, look up",
}


def page(title: str, kind: str, body: str, path: str) -> str:
    """A whole document: head, skip link, header, `body` as the main landmark, footer."""
    links = "".join(
        f'<li><a href="{href}"{" aria-current=" + chr(34) + "page" + chr(34) if href == path else ""}>{label}</a></li>'
        for href, label in NAVIGATION
    )
    return f"""<!doctype html>
<html lang="en" data-footpath-page-type="{kind}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="A demo shop for walking gear. Nothing is sold and nothing is charged.">
<title>{escape(title)} – {escape(SHOP)}</title>
<link rel="icon" href="/img/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/shop.css">
<script defer src="/assets/shop.js"></script>
<script async src="{{{{footpath_sdk}}}}" data-site="demo-shop"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<p class="notice">Demo shop: nothing is sold, nothing is charged.</p>
<header class="top">
<div class="wrap top-row">
<a class="brand" href="/"><img src="/img/favicon.svg" width="32" height="32" alt=""><span>{escape(SHOP)}</span></a>
<nav aria-label="Main"><ul>{links}</ul></nav>
<a class="cart-link" href="/cart" aria-label="Cart">Cart <span class="count" data-cart-count>0</span></a>
</div>
</header>
<main id="main">
{body.strip()}
</main>
<footer class="bottom">
<div class="wrap bottom-row">
<div><p class="brand">{escape(SHOP)}</p><p class="muted">Gear for walking, made to be mended.</p></div>
<nav aria-label="Footer"><ul>
<li><a href="/products">All products</a></li><li><a href="/about">About us</a></li>
<li><a href="/faq">Delivery and returns</a></li><li><a href="/cart">Your cart</a></li></ul></nav>
<p class="muted small">This shop belongs to Footpath and shows what it measures. Its products do not exist, much as we
would like them to.</p>
</div>
</footer>
<p class="toast" role="status" aria-live="polite" data-toast></p>
</body>
</html>
"""


def add_button(product: Product) -> str:
    """The button that every card repeats."""
    return (
        f'<button type="button" class="button small-button" data-add="{product.slug}" data-name="{escape(product.name)}"'
        f' data-price="{product.price}">Add to cart</button>'
    )


def card(product: Product, heading: str) -> str:
    """A product in a list: picture and name lead to its page, the button adds it."""
    badge = f'<span class="badge">{product.badge}</span>' if product.badge else ""
    return f"""<li class="card" data-footpath="{product.slug}" data-group="{escape(product.group)}" data-price="{product.price}">
<a class="card-link" href="/product/{product.slug}">
<span class="tile"><img src="/img/{product.slug}.svg" width="400" height="400" alt="">{badge}</span>
<{heading} class="card-name">{escape(product.name)}</{heading}></a>
<p class="card-line muted">{escape(product.line)}</p>
<div class="card-foot"><span class="price">€{product.price}</span>{add_button(product)}</div>
</li>"""


def cards(products: list[Product], heading: str = "h3") -> str:
    """Cards in order, as the items of one list."""
    return "\n".join(card(product, heading) for product in products)


def home() -> str:
    """Hero, promises, favourites, groups, workshop, letter."""
    promises = "".join(
        f"<li><h2>{title}</h2><p>{text}</p></li>"
        for title, text in (
            (
                "Mended for life",
                "Send it back in any state. We repair it, or tell you honestly that it is over.",
            ),
            (f"Free delivery from €{FREE_DELIVERY_FROM}", "Below that it is €6, wherever your hills are."),
            ("Sixty days to decide", "Walk in it first. A worn sole is not a reason to refuse a return."),
        )
    )
    groups = "".join(
        f'<li><a href="/products?group={group.replace(" ", "+")}" class="group">'
        f'<img src="/img/{next(p.slug for p in PRODUCTS if p.group == group)}.svg" width="400" height="400" alt="">'
        f"<span><strong>{group}</strong><span>{GROUP_NOTES[group]}</span></span></a></li>"
        for group in GROUPS
    )
    return f"""
<section class="hero" data-footpath-zone="hero">
<picture class="hero-picture"><source media="(max-width: 700px) and (prefers-color-scheme: dark)" srcset="/img/hero-tall-night.svg">
<source media="(max-width: 700px)" srcset="/img/hero-tall.svg">
<source media="(prefers-color-scheme: dark)" srcset="/img/hero-night.svg">
<img src="/img/hero.svg" width="1600" height="760" alt="A path that winds through green hills to a signpost"></picture>
<div class="wrap hero-text">
<p class="eyebrow">Autumn walks, 2026</p>
<h1>Go the long way.</h1>
<p class="lead">Sacks, flasks and wool for people who measure a day in stiles. Made by eleven people, and mended by the
same eleven.</p>
<p class="actions"><a class="button" href="/products">Shop walking gear</a>
<a class="button ghost" href="/product/drover-rucksack">See the Drover 22</a></p>
</div>
</section>
<section class="wrap promises" data-footpath-zone="promises" aria-label="What we promise"><ul>{promises}</ul></section>
<section class="wrap block" data-footpath-zone="favourites" aria-labelledby="favourites">
<div class="block-head"><h2 id="favourites">Favourites this month</h2><a href="/products">All twelve</a></div>
<ul class="grid">{cards([BY_SLUG[slug] for slug in FEATURED])}</ul>
</section>
<section class="wrap block" data-footpath-zone="groups" aria-labelledby="groups">
<div class="block-head"><h2 id="groups">What is missing from your hall?</h2></div>
<ul class="groups">{groups}</ul>
</section>
<section class="story" data-footpath-zone="workshop" aria-labelledby="workshop">
<div class="wrap story-row">
<img src="/img/workshop.svg" width="960" height="720" alt="A rucksack on the workbench, its strap half sewn">
<div><h2 id="workshop">The bench is never empty</h2>
<p>Last year 1,140 things came back to us, and 1,093 left again with new stitches. What we learn from a torn seam goes
into the next hundred that we sew.</p>
<p><a class="text-link" href="/about">How mending works</a></p></div>
</div>
</section>
<section class="wrap letter" data-footpath-zone="letter" aria-labelledby="letter">
<div><h2 id="letter">One walk a month, by letter</h2>
<p class="muted">A route, a recipe and what the weather did. No offers, unless you count the recipe.</p></div>
<form class="letter-form" id="letter-form" data-letter><label for="letter-email">Your e-mail</label>
<div class="row"><input id="letter-email" name="email" type="email" autocomplete="email" required
placeholder="you@example.com"><button class="button" type="submit">Send me walks</button></div>
<p class="small muted" role="status" data-letter-answer></p></form>
</section>
"""


def products() -> str:
    """All products with a filter and a sort order."""
    chips = "".join(
        f'<button type="button" class="chip" data-filter="{group}" aria-pressed="{"true" if group == "All" else "false"}">'
        f"{group}</button>"
        for group in ("All", *GROUPS)
    )
    return f"""
<section class="wrap page-head"><h1>Walking gear</h1>
<p class="lead">Twelve things. We make fewer than others, and mend more.</p></section>
<section class="wrap tools" data-footpath-zone="filter" aria-label="Filter and sort">
<div class="chips" role="group" aria-label="Filter">{chips}</div>
<label class="sort">Sort by <select data-sort><option value="ours">Our order</option><option value="low">Price, low first</option>
<option value="high">Price, high first</option></select></label>
</section>
<section class="wrap" data-footpath-zone="list" aria-label="Products">
<ul class="grid" data-list>{cards(list(PRODUCTS), "h2")}</ul>
<p class="muted small shown" role="status" data-shown>12 of 12 shown</p>
</section>
"""


def reviews(product: Product) -> str:
    """Three reviews; they differ in stars and are the same for each product but for the name."""
    name = escape(product.name)
    lines = (
        (
            "Ines from Freiburg",
            5,
            f"Three years and one very wet week on the coast. The {name} has more scars than I have.",
        ),
        (
            "Tomasz from Kraków",
            4,
            "Smaller than I had pictured. The size picture was right and I had not looked at it.",
        ),
        (
            "Maud from Ghent",
            5,
            "Sent it back with a tear, had it again in nine days with a note from the person who sewed it.",
        ),
    )
    return "".join(
        f'<li><p class="stars" role="img" aria-label="{stars} of 5 stars">{"★" * stars}{"☆" * (5 - stars)}</p>'
        f'<p>{text}</p><p class="muted small">{who}</p></li>'
        for who, stars, text in lines
    )


def answers(pairs: tuple[tuple[str, str], ...]) -> str:
    """Questions that open on click."""
    return "".join(f"<details><summary>{question}</summary><p>{answer}</p></details>" for question, answer in pairs)


def product(item: Product) -> str:
    """Gallery, buy form, the film that is none, details, reviews, questions, related products."""
    views = (("", "front"), ("-close", "close-up"), ("-size", "size"))
    thumbs = "".join(
        f'<li><button type="button" class="thumb" data-view="/img/{item.slug}{suffix}.svg" '
        f'aria-pressed="{"true" if not suffix else "false"}"><img src="/img/{item.slug}{suffix}.svg" width="96" height="96" '
        f'alt="Show {label}"></button></li>'
        for suffix, label in views
    )
    points = "".join(f"<li>{escape(point)}</li>" for point in item.points)
    index = PRODUCTS.index(item)
    related = [PRODUCTS[(index + step) % len(PRODUCTS)] for step in (2, 5, 7, 10)]
    asked = answers(
        (
            ("Can it be repaired?", "Yes, for as long as we are here. Postage one way is on us."),
            ("When does it leave?", "On the next working day if you order before three, packed in paper."),
            (
                "What if it does not fit my life?",
                "Sixty days, used or not. Tell us why: that is worth the postage.",
            ),
        )
    )
    return f"""
<nav class="wrap crumbs" aria-label="You are here"><a href="/">Home</a> <span aria-hidden="true">/</span>
<a href="/products">Shop</a> <span aria-hidden="true">/</span> <span>{escape(item.name)}</span></nav>
<div class="wrap product">
<section class="gallery" data-footpath-zone="gallery" aria-label="Pictures">
<img class="stage" src="/img/{item.slug}.svg" width="800" height="800" alt="{escape(item.name)}" data-stage>
<ul class="thumbs">{thumbs}</ul>
</section>
<section class="buy" data-footpath-zone="buy" aria-labelledby="name">
<p class="eyebrow">{escape(item.group)}</p>
<h1 id="name">{escape(item.name)}</h1>
<p class="lead">{escape(item.line)}</p>
<p class="rating"><span class="stars" role="img" aria-label="4.7 of 5 stars">★★★★★</span>
<a href="#reviews">3 of 212 reviews</a></p>
<p class="big-price">€{item.price}</p>
<div class="buy-row"><div class="stepper" role="group" aria-label="Quantity">
<button type="button" data-step="-1" aria-label="One less">−</button>
<output data-quantity>1</output><button type="button" data-step="1" aria-label="One more">+</button></div>
<button type="button" class="button wide" data-add="{item.slug}" data-name="{escape(item.name)}"
data-price="{item.price}">Add to cart</button></div>
<ul class="ticks">{points}</ul>
<p class="small muted">In stock. Leaves on the next working day. Free delivery from €{FREE_DELIVERY_FROM}.</p>
</section>
</div>
<section class="wrap film" data-footpath-zone="film" aria-label="In the field">
<figure><img src="/img/film.svg" width="1280" height="608" alt="Still: two days over the hills">
<figcaption class="muted small">Two days over the hills with the {escape(item.name)}.</figcaption></figure>
</section>
<section class="wrap details" data-footpath-zone="details" aria-labelledby="details">
<div><h2 id="details">Why it is the way it is</h2><p>{escape(item.text)}</p></div>
<dl><div><dt>Material</dt><dd>{escape(item.material)}</dd></div><div><dt>Weight</dt><dd>{item.weight}</dd></div>
<div><dt>Size</dt><dd>{item.tall} × {item.wide}</dd></div><div><dt>Made in</dt><dd>Görlitz</dd></div></dl>
</section>
<section class="wrap block" id="reviews" data-footpath-zone="reviews" aria-labelledby="said">
<div class="block-head"><h2 id="said">What walkers say</h2></div><ul class="reviews">{reviews(item)}</ul>
</section>
<section class="wrap block asked" data-footpath-zone="asked" aria-labelledby="asked">
<div class="block-head"><h2 id="asked">Asked before buying</h2></div>{asked}
</section>
<section class="wrap block" data-footpath-zone="related" aria-labelledby="related">
<div class="block-head"><h2 id="related">Goes well with it</h2></div>
<ul class="grid">{cards(related)}</ul>
</section>
"""


def cart() -> str:
    """Lines are filled in by the script from what the browser holds."""
    return """
<section class="wrap page-head"><h1>Your cart</h1></section>
<div class="wrap two" data-cart>
<section data-footpath-zone="lines" aria-label="Items">
<ul class="lines" data-lines></ul>
<div class="empty" data-empty hidden><p class="lead">Nothing here yet.</p>
<p><a class="button" href="/products">Find something</a></p></div>
<template data-line><li class="line"><img width="96" height="96" alt="">
<div class="line-text"><a class="line-name"></a><p class="muted small line-each"></p>
<div class="stepper" role="group"><button type="button" data-change="-1" aria-label="One less">−</button>
<output>1</output><button type="button" data-change="1" aria-label="One more">+</button></div></div>
<div class="line-end"><p class="price"></p><button type="button" class="plain" data-remove>Remove</button></div></li></template>
</section>
<aside class="summary" data-footpath-zone="summary" aria-label="Summary" data-summary>
<h2>Summary</h2>
<dl><div><dt>Items</dt><dd data-items>€0</dd></div><div><dt>Delivery</dt><dd data-delivery>€0</dd></div>
<div class="total"><dt>Total</dt><dd data-total>€0</dd></div></dl>
<label for="promo">Promo code</label>
<div class="row"><input id="promo" name="promo" autocomplete="off" placeholder="e.g. STILE10">
<button type="button" class="button ghost" id="apply-promo">Apply promo</button></div>
<a class="button wide" href="/checkout" data-checkout>Go to checkout</a>
<p class="small muted">Sixty days to send it back.</p>
</aside>
</div>
"""


FIELDS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "Contact",
        (
            ("email", "E-mail", 'type="email" autocomplete="email" required', ""),
            (
                "phone",
                "Phone",
                'type="tel" autocomplete="tel" required pattern="\\+[1-9][0-9]{0,2} [1-9][0-9]{5,12}" '
                'title="Country code with +, one space, number without the leading 0"',
                "",
            ),
        ),
    ),
    (
        "Delivery",
        (
            ("name", "Full name", 'autocomplete="name" required', ""),
            ("address", "Street and number", 'autocomplete="street-address" required', ""),
            (
                "postcode",
                "Postcode",
                'autocomplete="postal-code" required pattern="[0-9A-Za-z][0-9A-Za-z \\-]{2,8}" '
                'title="3 to 9 letters or digits"',
                "half",
            ),
            ("city", "City", 'autocomplete="address-level2" required', "half"),
        ),
    ),
    (
        "Payment",
        (
            (
                "card-number",
                "Pretend card number",
                'inputmode="numeric" autocomplete="off" required pattern="[0-9 ]{12,19}" '
                'title="Any 12 to 19 digits: this is a demo" placeholder="4242 4242 4242 4242"',
                "",
            ),
            ("card-expiry", "Pretend expiry", 'autocomplete="off" required placeholder="12/34"', "half"),
            (
                "card-code",
                "Pretend code",
                'inputmode="numeric" autocomplete="off" required placeholder="123"',
                "half",
            ),
        ),
    ),
)
COUNTRIES = (
    "Austria",
    "Belgium",
    "Czechia",
    "Denmark",
    "France",
    "Germany",
    "Ireland",
    "Italy",
    "Netherlands",
    "Poland",
    "Spain",
    "Sweden",
    "Switzerland",
    "United Kingdom",
)


def field(name: str, label: str, attributes: str, width: str) -> str:
    """A labelled input."""
    return f'<p class="field {width}"><label for="{name}">{label}</label><input id="{name}" name="{name}" {attributes}></p>'


def fieldset(title: str, fields: tuple[tuple[str, str, str, str], ...]) -> str:
    """A group of the form; the country stands at the end of the delivery group."""
    body = "".join(field(*each) for each in fields)
    if title == "Delivery":
        options = "".join(f"<option>{country}</option>" for country in COUNTRIES)
        body += (
            '<p class="field"><label for="country">Country</label><select id="country" name="country" '
            f'autocomplete="country-name" required><option value="">Please choose</option>{options}</select></p>'
        )
    note = (
        '<p class="small muted field">No payment is taken. Please do not type a real card.</p>'
        if title == "Payment"
        else ""
    )
    return f"<fieldset><legend>{title}</legend>{note}{body}</fieldset>"


def checkout() -> str:
    """The form, with the browser's own validation; the phone pattern is the stumbling block on purpose."""
    return f"""
<section class="wrap page-head"><h1>Checkout</h1></section>
<div class="wrap two">
<form id="checkout" action="/thanks" method="post" class="checkout" data-checkout-form>
{"".join(fieldset(title, fields) for title, fields in FIELDS)}
<p class="field check"><input id="terms" name="terms" type="checkbox" required>
<label for="terms">I know that this is a demo and that nothing will arrive.</label></p>
<button class="button wide" type="submit">Place order</button>
</form>
<aside class="summary" data-footpath-zone="summary" aria-label="Order" data-summary>
<h2>Your order</h2><ul class="mini" data-mini></ul>
<dl><div><dt>Items</dt><dd data-items>€0</dd></div><div><dt>Delivery</dt><dd data-delivery>€0</dd></div>
<div class="total"><dt>Total</dt><dd data-total>€0</dd></div></dl>
<p><a class="text-link" href="/cart">Change cart</a></p>
</aside>
</div>
"""


def thanks() -> str:
    """Confirms the order that the browser holds; the script reports it once."""
    return """
<section class="wrap page-head thanks" data-thanks>
<p class="eyebrow" data-order>Order</p>
<h1>Thank you. Lace up.</h1>
<p class="lead" data-thanks-text>Your pretend parcel leaves on the next working day.</p>
<dl class="summary" data-order-summary hidden><div><dt>Order number</dt><dd data-order-id></dd></div>
<div><dt>Total</dt><dd data-order-total></dd></div></dl>
<p class="actions"><a class="button" href="/products">Keep looking</a> <a class="button ghost" href="/">Back home</a></p>
</section>
"""


def about() -> str:
    """Who makes it, how mending works."""
    steps = "".join(
        f"<li><h3>{title}</h3><p>{text}</p></li>"
        for title, text in (
            ("Tell us", "A photograph and one sentence. We answer with a price or, mostly, with none."),
            ("Send it", "Washed, please. The label is paid by us within Europe."),
            ("Wait nine days", "That is the average of last year, the cobbler's holiday included."),
            ("Walk", "It comes back with the name of the person who mended it."),
        )
    )
    return f"""
<section class="wrap page-head"><h1>Eleven people and a long bench</h1>
<p class="lead">A holloway is a path worn deep into the ground by everyone who ever walked it. We make things that wear
in the same way: slowly, and in the right places.</p></section>
<section class="story" data-footpath-zone="bench" aria-labelledby="bench"><div class="wrap story-row">
<img src="/img/workshop.svg" width="960" height="720" alt="A rucksack on the workbench, its strap half sewn">
<div><h2 id="bench">Made to be opened</h2><p>Every seam that takes a load can be unpicked, and every buckle is held by a
screw. That costs us about four euros a rucksack and saves most of them from the bin.</p></div></div></section>
<section class="wrap block" data-footpath-zone="mending" aria-labelledby="mending">
<div class="block-head"><h2 id="mending">How mending works</h2></div><ol class="steps">{steps}</ol>
<p class="actions"><a class="button" href="/products">See what we make</a></p></section>
"""


def faq() -> str:
    """Questions in three groups."""
    groups = (
        (
            "Delivery",
            (
                ("What does delivery cost?", f"€{DELIVERY}, and nothing from €{FREE_DELIVERY_FROM}."),
                (
                    "How long does it take?",
                    "Two to four working days in Europe, about ten to islands and high valleys.",
                ),
                ("Can I collect?", "On Fridays, at the bench. There is coffee."),
            ),
        ),
        (
            "Returns",
            (
                ("How long may I keep it before deciding?", "Sixty days, used or not."),
                (
                    "Who pays for the way back?",
                    "You do, unless we made a mistake. Then we do, and say sorry.",
                ),
            ),
        ),
        (
            "Paying",
            (
                (
                    "Why do you ask for my phone number?",
                    "The carrier wants it. We would rather not, and this shop is a demo that "
                    "shows what such a field costs.",
                ),
                ("Which cards do you take?", "None. This is a demo: any digits will do."),
            ),
        ),
    )
    body = "".join(
        f'<section class="asked" data-footpath-zone="{title.lower()}"><h2>{title}</h2>{answers(pairs)}</section>'
        for title, pairs in groups
    )
    return f"""
<section class="wrap page-head"><h1>Questions</h1><p class="lead">Short answers. Longer ones by e-mail.</p></section>
<div class="wrap narrow">{body}</div>
"""


def missing() -> str:
    """The page for an address that leads nowhere."""
    return """
<section class="wrap page-head thanks"><p class="eyebrow">404</p><h1>No path here.</h1>
<p class="lead">The sign has been turned, or the page has been moved.</p>
<p class="actions"><a class="button" href="/">Back to the start</a></p></section>
"""


def pages() -> dict[str, str]:
    """File name under the shop's folder → document."""
    plain = {
        "index": ("Gear for walking", "home", home(), "/"),
        "products": ("Walking gear", "list", products(), "/products"),
        "cart": ("Your cart", "cart", cart(), "/cart"),
        "checkout": ("Checkout", "checkout", checkout(), "/checkout"),
        "thanks": ("Thank you", "thanks", thanks(), "/thanks"),
        "about": ("About", "about", about(), "/about"),
        "faq": ("Questions", "faq", faq(), "/faq"),
        "404": ("Not found", "missing", missing(), "/404"),
    }
    named = {f"{name}.html": page(*each) for name, each in plain.items()}
    for item in PRODUCTS:
        path = f"/product/{item.slug}"
        named[f"product/{item.slug}.html"] = page(item.name, "product", product(item), path)
    return named


def pictures() -> dict[str, str]:
    """File name under the shop's folder → SVG."""
    named = {
        "img/hero.svg": drawings.landscape(drawings.DAY),
        "img/hero-night.svg": drawings.landscape(drawings.NIGHT),
        "img/hero-tall.svg": drawings.landscape(drawings.DAY, drawings.TALL, (1390, 292, 64)),
        "img/hero-tall-night.svg": drawings.landscape(drawings.NIGHT, drawings.TALL, (1390, 292, 64)),
        "img/film.svg": drawings.film_poster(),
        "img/workshop.svg": drawings.workshop(),
        "img/favicon.svg": drawings.FAVICON,
    }
    for item in PRODUCTS:
        named[f"img/{item.slug}.svg"] = drawings.picture(item.drawing, item.background)
        named[f"img/{item.slug}-close.svg"] = drawings.picture(item.drawing, item.background, item.close_up)
        named[f"img/{item.slug}-size.svg"] = drawings.measured(item.drawing, "#eceee8", item.tall, item.wide)
    return named


def build(folder: Path) -> list[Path]:
    """Write all pages and pictures below `folder`; the paths written."""
    written = []
    for name, text in {**pages(), **pictures()}.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written


if __name__ == "__main__":
    destination = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    print(f"{len(build(destination))} files written to {destination}")
