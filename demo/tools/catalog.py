# ruff: noqa: E501
"""What the demo shop sells. Text and numbers only; how it looks stands in drawings.py and build_shop.py."""

from __future__ import annotations

from dataclasses import dataclass

import drawings


@dataclass(frozen=True)
class Product:
    """One article. `price` in whole euros; `tall` and `wide` as shown on the size picture."""

    slug: str
    name: str
    group: str
    price: int
    background: str
    drawing: str
    close_up: tuple[int, int, int, int]
    tall: str
    wide: str
    line: str
    text: str
    points: tuple[str, str, str]
    material: str
    weight: str
    badge: str = ""


PRODUCTS: tuple[Product, ...] = (
    Product(
        "drover-rucksack",
        "Drover 22 rucksack",
        "Carry",
        148,
        "#c9dccb",
        drawings.RUCKSACK,
        (100, 90, 200, 200),
        "52 cm",
        "31 cm",
        "Twenty-two litres, two straps, no nonsense.",
        "A day sack that closes with two leather straps and opens flat on a wet rock. The base is a second layer of "
        "canvas, so you can put it down without looking first.",
        (
            "Waxed canvas, sheds a two-hour shower",
            "Straps unscrew, so any cobbler can replace them",
            "Sleeve for a flask on the left, map pocket on the right",
        ),
        "Waxed cotton canvas, bridle leather",
        "980 g",
        "Best seller",
    ),
    Product(
        "tarn-flask",
        "Tarn flask 0.7 l",
        "Camp",
        34,
        "#cfe3ea",
        drawings.FLASK,
        (130, 40, 150, 150),
        "27 cm",
        "8 cm",
        "Tea at the top, still too hot to drink.",
        "Double-walled steel with a cup for a lid. Filled at seven, it pours at 68 °C at noon: we measured on the "
        "north side of a hill in February, because that is where you will want it.",
        (
            "Keeps warm for 12 hours, cold for 24",
            "Cup holds 180 ml and does not burn the lip",
            "Wide neck: fits a bottle brush and a ladle",
        ),
        "Stainless steel, cork seal",
        "390 g",
    ),
    Product(
        "lambfold-blanket",
        "Lambfold blanket",
        "Camp",
        96,
        "#f0d3c0",
        drawings.BLANKET,
        (70, 90, 250, 250),
        "180 cm",
        "140 cm",
        "For the bench, the boat, and the sofa after.",
        "Woven from the second clip of lambswool, which is softer than the first and cheaper than the third. One side "
        "is brushed; the other is left plain so that grass lets go of it.",
        (
            "Warm when damp, dry in an evening",
            "Rolls to the size of a loaf",
            "Edges finished with a 4 cm fringe",
        ),
        "Lambswool",
        "1.1 kg",
    ),
    Product(
        "cairn-mug",
        "Cairn enamel mug",
        "Camp",
        16,
        "#f3d9a4",
        drawings.MUG,
        (105, 90, 190, 190),
        "9 cm",
        "9 cm",
        "Chips with dignity.",
        "Steel under enamel, with a rim rolled wide enough for gloves. It goes on a fire, into a sink and onto a shelf, "
        "and looks better after each of them.",
        ("400 ml up to the rim", "Safe on gas, fire and induction", "Stacks with its brothers"),
        "Enamelled steel",
        "150 g",
        "New",
    ),
    Product(
        "fellside-socks",
        "Fellside wool socks",
        "Wear",
        19,
        "#dfe3ee",
        drawings.SOCKS,
        (80, 60, 210, 210),
        "32 cm",
        "10 cm",
        "Left and right, as feet are.",
        "Knitted with a flat toe and a cushion only where a boot presses. They are darned for nothing for two years: "
        "send them washed, please.",
        ("No seam over the toes", "Heel holds after forty washes", "Sizes by shoe, not by letter"),
        "70 % merino, 28 % nylon, 2 % elastane",
        "78 g",
    ),
    Product(
        "hollin-stick",
        "Hollin walking stick",
        "Find the way",
        58,
        "#dde6c8",
        drawings.STICK,
        (200, 60, 160, 160),
        "96 cm",
        "4 cm",
        "Holly wood, dried for two winters.",
        "Cut in the hedge, straightened over steam and left alone for two winters. The ferrule is steel and can be "
        "changed with a coin.",
        (
            "Cut to your length before it is sent",
            "Wrist loop of climbing cord",
            "Each handle is a little different",
        ),
        "Holly, steel, cord",
        "340 g",
    ),
    Product(
        "waymark-map-case",
        "Waymark map case",
        "Carry",
        42,
        "#cfe0d2",
        drawings.MAP_CASE,
        (110, 120, 180, 180),
        "29 cm",
        "22 cm",
        "Reads the map so that the rain cannot.",
        "A window on both sides, a roll closure that floats, and a neck strap that lets go before you do. Folded sheets "
        "of every national survey fit without cutting.",
        (
            "Sealed to one metre for half an hour",
            "Touchscreens work through the window",
            "Strap parts under a sharp pull",
        ),
        "Recycled polyester, clear TPU",
        "160 g",
    ),
    Product(
        "lowlight-headlamp",
        "Lowlight headlamp",
        "Find the way",
        49,
        "#e9dfb9",
        drawings.HEADLAMP,
        (120, 190, 160, 160),
        "5 cm",
        "7 cm",
        "Enough to see by, not enough to be seen from space.",
        "Three warm steps and one red, on a dial that turns in mittens. A charge is eleven hours on the middle step, and "
        "the cell is a standard one that you can buy anywhere.",
        ("Warm light: 2,700 K", "Dial in place of a button to count", "Cell can be changed without a tool"),
        "Aluminium, knitted band",
        "112 g",
    ),
    Product(
        "thatch-cap",
        "Thatch waxed cap",
        "Wear",
        39,
        "#e6dcc6",
        drawings.CAP,
        (80, 90, 230, 230),
        "14 cm",
        "28 cm",
        "Rain runs off. So does opinion.",
        "Six panels, a peak that folds into a pocket, and a cotton band inside that can be taken out and washed. "
        "Re-wax it once a year with the tin that comes with it.",
        ("Peak folds, then remembers", "Band comes out for washing", "A 15 g tin of wax is in the box"),
        "Waxed cotton",
        "96 g",
    ),
    Product(
        "ember-stove",
        "Ember wood stove",
        "Camp",
        89,
        "#f2d2b4",
        drawings.STOVE,
        (110, 150, 180, 180),
        "20 cm",
        "13 cm",
        "Boils half a litre on a handful of twigs.",
        "Two walls and a draught between them, so that the smoke burns before it reaches your eyes. Seven minutes for "
        "half a litre; four if you brought dry birch.",
        (
            "No gas, no cartridge, nothing to carry back",
            "Fits into the Tarn flask's sleeve",
            "Ash tray locks for the walk home",
        ),
        "Stainless steel",
        "410 g",
    ),
    Product(
        "burrow-tin",
        "Burrow snack tin",
        "Carry",
        22,
        "#efe0ae",
        drawings.TIN,
        (80, 130, 200, 200),
        "7 cm",
        "16 cm",
        "Keeps the cake in the shape of a cake.",
        "One tin, one divider, one clip that a child can open and a rucksack cannot. It is deep enough for a "
        "sandwich that was cut with ambition.",
        ("Divider lifts out", "Clip is a spring, not a hinge", "Washes with the dishes"),
        "Tinplate, silicone seal",
        "210 g",
    ),
    Product(
        "true-compass",
        "True compass",
        "Find the way",
        54,
        "#d6dfe6",
        drawings.COMPASS,
        (90, 110, 220, 220),
        "6 cm",
        "6 cm",
        "Points north and keeps quiet about it.",
        "A jewelled needle in oil, a dial that is set by thumb, and a lanyard you will see in the grass. It needs no "
        "charge, no signal and no update.",
        (
            "Settles in under two seconds",
            "Declination set once, with the key in the lid",
            "Readable at night",
        ),
        "Brass, glass, oil",
        "88 g",
        "New",
    ),
)

GROUPS = ("Carry", "Wear", "Camp", "Find the way")
FEATURED = ("drover-rucksack", "cairn-mug", "waymark-map-case", "fellside-socks")
FREE_DELIVERY_FROM = 80
DELIVERY = 6
BY_SLUG = {product.slug: product for product in PRODUCTS}
