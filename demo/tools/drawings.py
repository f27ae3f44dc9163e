# ruff: noqa: E501
"""The shop's pictures: each product is a drawing on a 400 x 400 canvas, everything else is composed of them.

All of it is flat shapes, a few hundred bytes each, so that the demo needs no photograph and no licence.
"""

from __future__ import annotations

SHADOW = '<ellipse cx="200" cy="346" rx="{rx}" ry="11" fill="#101a14" opacity=".16"/>'

BLAZE = (
    '<g transform="translate({x} {y}) scale({s})"><rect width="28" height="9" fill="#f7f7f2"/>'
    '<rect y="9" width="28" height="9" fill="#d8412f"/><rect y="18" width="28" height="9" fill="#f7f7f2"/></g>'
)


def blaze(x: float, y: float, scale: float = 1.0) -> str:
    """The waymark that stands on every product: white, red, white."""
    return BLAZE.format(x=x, y=y, s=scale)


RUCKSACK = (
    SHADOW.format(rx=118)
    + """
<path d="M170 96c0-44 60-44 60 0" fill="none" stroke="#1d3b2c" stroke-width="11"/>
<path d="M116 168c-26 20-34 96-22 140" fill="none" stroke="#1d3b2c" stroke-width="12" stroke-linecap="round"/>
<path d="M284 168c26 20 34 96 22 140" fill="none" stroke="#1d3b2c" stroke-width="12" stroke-linecap="round"/>
<rect x="112" y="110" width="176" height="234" rx="36" fill="#2f5d46"/>
<rect x="112" y="300" width="176" height="44" rx="22" fill="#1d3b2c"/>
<rect x="136" y="236" width="128" height="88" rx="18" fill="#386e53"/>
<path d="M136 262h128" stroke="#1d3b2c" stroke-width="4"/>
<path d="M104 152c0-44 32-64 96-64s96 20 96 64v46c0 12-8 20-20 20H124c-12 0-20-8-20-20z" fill="#47876a"/>
<path d="M104 152c0-44 32-64 96-64" fill="none" stroke="#5fa283" stroke-width="5" stroke-linecap="round"/>
<rect x="148" y="168" width="18" height="96" rx="5" fill="#b5713a"/>
<rect x="234" y="168" width="18" height="96" rx="5" fill="#b5713a"/>
<rect x="144" y="222" width="26" height="20" rx="4" fill="none" stroke="#ecd9a0" stroke-width="5"/>
<rect x="230" y="222" width="26" height="20" rx="4" fill="none" stroke="#ecd9a0" stroke-width="5"/>
"""
    + blaze(186, 122)
)

FLASK = (
    SHADOW.format(rx=66)
    + """
<rect x="152" y="120" width="96" height="224" rx="22" fill="#1f5568"/>
<rect x="152" y="120" width="34" height="224" rx="17" fill="#2f7188"/>
<rect x="152" y="292" width="96" height="52" rx="22" fill="#173f4d"/>
<rect x="160" y="104" width="80" height="24" fill="#c9d0cd"/>
<path d="M156 110V72c0-12 8-18 18-18h52c10 0 18 6 18 18v38z" fill="#e2e6e1"/>
<path d="M156 110V72c0-12 8-18 18-18h8v56z" fill="#f5f7f3"/>
<path d="M244 66c30-4 30 40 0 36" fill="none" stroke="#c9d0cd" stroke-width="9"/>
<path d="M170 214l16-22 12 12 18-28 20 38z" fill="none" stroke="#d7e6ea" stroke-width="5" stroke-linejoin="round"/>
"""
    + blaze(190, 240, 0.8)
)

BLANKET = (
    SHADOW.format(rx=138)
    + """
<path d="M72 264c0-20 14-30 30-30h196c16 0 30 10 30 30v46c0 20-14 30-30 30H102c-16 0-30-10-30-30z" fill="#8d3328"/>
<path d="M72 200c0-20 14-32 30-32h196c16 0 30 12 30 32v36c0 20-14 30-30 30H102c-16 0-30-10-30-30z" fill="#b5452f"/>
<path d="M72 140c0-22 14-34 30-34h196c16 0 30 12 30 34v34c0 20-14 30-30 30H102c-16 0-30-10-30-30z" fill="#cf5a3c"/>
<path d="M250 106h26v98h-26z" fill="#f4e2bd"/><path d="M286 106h12v98h-12z" fill="#26443a"/>
<path d="M250 216h26v50h-26z" fill="#dcc79c"/><path d="M286 216h12v50h-12z" fill="#1d352d"/>
<path d="M250 276h26v64h-26z" fill="#c4ae84"/><path d="M286 276h12v64h-12z" fill="#172a24"/>
<path d="M102 106h196" stroke="#e0795a" stroke-width="6" stroke-linecap="round"/>
<g stroke="#f4e2bd" stroke-width="5" stroke-linecap="round">
<path d="M86 334v18M104 340v18M122 340v18M140 340v18M158 340v18M176 340v18M194 340v18M212 340v18M230 340v18"/></g>
"""
    + '<rect x="112" y="134" width="40" height="40" rx="4" fill="#f4e2bd"/>'
    + blaze(118, 140.5)
)

MUG = (
    SHADOW.format(rx=96)
    + """
<path d="M282 166c64-14 70 98-4 96" fill="none" stroke="#e9ece6" stroke-width="20"/>
<path d="M282 166c64-14 70 98-4 96" fill="none" stroke="#1c2f4a" stroke-width="5" opacity=".25"/>
<path d="M112 124h176l-8 196c-1 16-12 24-26 24H146c-14 0-25-8-26-24z" fill="#f3f5f0"/>
<path d="M112 124h50l6 220h-22c-14 0-25-8-26-24z" fill="#fff"/>
<path d="M244 124h44l-8 196c-1 16-12 24-26 24h-18z" fill="#dfe4dc"/>
<ellipse cx="200" cy="124" rx="90" ry="20" fill="#1c2f4a"/>
<ellipse cx="200" cy="127" rx="78" ry="14" fill="#4a2d1c"/>
<g fill="#1c2f4a"><circle cx="150" cy="300" r="2.5"/><circle cx="232" cy="180" r="2"/><circle cx="256" cy="262" r="2.5"/>
<circle cx="142" cy="186" r="2"/><circle cx="214" cy="316" r="2"/><circle cx="176" cy="172" r="1.6"/></g>
<g fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".75">
<path d="M172 92c-14-18 14-26 0-46M210 88c-14-18 14-26 0-46"/></g>
<path d="M156 262l26-44 16 22 14-18 32 40z" fill="#2f5d46"/>
"""
)

SOCKS = (
    SHADOW.format(rx=128)
    + """
<path d="M212 76h76v150c0 14 8 24 22 32l34 20c30 18 20 66-18 66-14 0-24-2-36-8l-56-30c-16-8-22-20-22-38z" fill="#54708f"/>
<path d="M212 76h76v36h-76z" fill="#e9ddbf"/><path d="M212 124h76v14h-76z" fill="#d8412f"/>
<path d="M318 262l26 16c30 18 20 66-18 66-10 0-18-1-26-4z" fill="#e9ddbf"/>
<path d="M96 70h80v154c0 14 8 24 22 32l40 22c32 18 22 68-18 68-14 0-26-2-38-8l-62-30c-18-8-24-22-24-40z" fill="#6d8cae"/>
<path d="M96 70h80v40H96z" fill="#f4ead0"/><path d="M96 122h80v16H96z" fill="#d8412f"/><path d="M96 144h80v6H96z" fill="#f4ead0"/>
<path d="M206 260l32 18c32 18 22 68-18 68-12 0-22-2-32-6z" fill="#f4ead0"/>
<path d="M96 228c26-8 60 8 72 40l-26 44-22-12c-18-8-24-22-24-40z" fill="#f4ead0"/>
<g stroke="#d9cba4" stroke-width="3"><path d="M108 74v32M120 74v32M132 74v32M144 74v32M156 74v32M168 74v32"/></g>
"""
)

STICK = (
    SHADOW.format(rx=120)
    + """
<path d="M98 338L256 100" stroke="#7a4a26" stroke-width="16" stroke-linecap="round"/>
<path d="M98 338L256 100" stroke="#9d6537" stroke-width="6" stroke-linecap="round"/>
<path d="M104 330l-12 18" stroke="#3b4440" stroke-width="18" stroke-linecap="round"/>
<path d="M256 100c22-38 76-46 84-10 4 20-12 34-30 28" fill="none" stroke="#5b3318" stroke-width="22" stroke-linecap="round"/>
<path d="M256 98c22-36 72-42 82-12" fill="none" stroke="#8a5529" stroke-width="7" stroke-linecap="round"/>
<path d="M238 128l18 12M232 137l18 12" stroke="#ecd9a0" stroke-width="6"/>
<path d="M244 124c-40 20-10 76-52 86" fill="none" stroke="#d8412f" stroke-width="8" stroke-linecap="round"/>
<g fill="#4e8062"><path d="M286 286c4-34 34-44 58-36-4 32-30 46-58 36z"/><path d="M282 306c-26-20-54-8-66 12 22 18 50 14 66-12z" fill="#3d6a50"/></g>
<path d="M262 336c10-18 18-36 62-70" fill="none" stroke="#2b4b39" stroke-width="5" stroke-linecap="round"/>
"""
)

MAP_CASE = (
    SHADOW.format(rx=112)
    + """
<path d="M130 96C120 30 280 30 270 96" fill="none" stroke="#26443a" stroke-width="9"/>
<rect x="96" y="92" width="208" height="250" rx="20" fill="#26443a"/>
<rect x="114" y="126" width="172" height="198" rx="8" fill="#eef3e4"/>
<path d="M114 126h58v198h-58zM228 126h58v198h-58z" fill="#e0ead3"/>
<g fill="none" stroke="#a9c39a" stroke-width="4"><path d="M114 190c40-40 76-8 96-34s46-30 76-14"/><path d="M114 222c48-46 82-6 108-36s40-18 64-12"/>
<path d="M114 290c30-36 60-10 92-24s40-44 80-32"/></g>
<path d="M114 262c40 14 76-30 172 14" fill="none" stroke="#7fb6c9" stroke-width="9"/>
<path d="M138 312c6-50 46-46 54-84s24-44 62-70" fill="none" stroke="#d8412f" stroke-width="6" stroke-dasharray="12 9" stroke-linecap="round"/>
<circle cx="256" cy="156" r="9" fill="#d8412f"/><circle cx="138" cy="312" r="6" fill="#17201b"/>
<path d="M126 138l50 0-50 120z" fill="#fff" opacity=".45"/>
<rect x="96" y="92" width="208" height="26" rx="13" fill="#1b322b"/><circle cx="200" cy="105" r="8" fill="#ecd9a0"/>
"""
)

HEADLAMP = (
    SHADOW.format(rx=110)
    + """
<path d="M82 250c-20-150 256-150 236 0" fill="none" stroke="#33403a" stroke-width="30"/>
<path d="M82 250c-20-150 256-150 236 0" fill="none" stroke="#e2a62e" stroke-width="6" stroke-dasharray="16 12"/>
<path d="M82 250c6 60 230 60 236 0" fill="none" stroke="#33403a" stroke-width="30"/>
<path d="M82 250c6 60 230 60 236 0" fill="none" stroke="#4b5b53" stroke-width="10"/>
<path d="M200 284l-90 76h180z" fill="#ffe9a3" opacity=".5"/>
<rect x="138" y="212" width="124" height="94" rx="26" fill="#1b2420"/>
<rect x="138" y="212" width="124" height="30" rx="15" fill="#2b3832"/>
<circle cx="200" cy="264" r="36" fill="#3b4a43"/><circle cx="200" cy="264" r="28" fill="#ffe08a"/>
<circle cx="200" cy="264" r="15" fill="#fff7d6"/>
<rect x="184" y="204" width="32" height="10" rx="5" fill="#d8412f"/>
"""
)

CAP = (
    SHADOW.format(rx=132)
    + """
<path d="M84 262c-6-96 44-156 120-156s118 58 116 150z" fill="#7b6a3c"/>
<path d="M84 262c-6-96 44-156 120-156-60 24-72 90-70 156z" fill="#91803f" opacity=".7"/>
<path d="M204 106c-4 52-4 100 2 152" fill="none" stroke="#5d4f2a" stroke-width="4" stroke-dasharray="9 6"/>
<path d="M204 106c46 26 64 82 66 150" fill="none" stroke="#5d4f2a" stroke-width="4" stroke-dasharray="9 6"/>
<path d="M82 250c76-26 164-26 240-4 34 12 56 42 46 66-80-32-204-36-274-10-12-14-14-34-12-52z" fill="#594b26"/>
<path d="M92 302c74-26 196-22 276 10-14 20-44 26-84 20-66-12-136-14-176-2-10-6-14-16-16-28z" fill="#443919"/>
<circle cx="204" cy="104" r="9" fill="#594b26"/>
"""
    + blaze(150, 192, 1.2)
)

STOVE = (
    SHADOW.format(rx=104)
    + """
<path d="M200 40c44 44 52 66 38 100-8-16-16-22-22-26 4 30-6 44-20 56-24-14-44-34-34-70 8 8 14 10 18 8-4-28 2-48 20-68z" fill="#f08a2c"/>
<path d="M200 92c20 28 22 44 8 66-20-10-28-30-8-66z" fill="#ffd86b"/>
<path d="M118 164h164l-14 166c-1 10-8 14-16 14H148c-8 0-15-4-16-14z" fill="#98a39e"/>
<path d="M118 164h46l2 180h-18c-8 0-15-4-16-14z" fill="#b9c3be"/>
<path d="M240 164h42l-14 166c-1 10-8 14-16 14h-20z" fill="#7e8984"/>
<path d="M104 150h192l-8 24H112z" fill="#5b6561"/>
<path d="M128 150l10-22h16l-6 22zM272 150l-10-22h-16l6 22z" fill="#3f4845"/>
<g fill="#3f4845"><circle cx="146" cy="206" r="8"/><circle cx="182" cy="206" r="8"/><circle cx="218" cy="206" r="8"/><circle cx="254" cy="206" r="8"/></g>
<path d="M158 318v-44c0-14 10-22 22-22h40c12 0 22 8 22 22v44z" fill="#26302c"/>
<path d="M168 318c0-30 16-24 20-46 10 12 12 20 12 28 6-6 8-14 8-22 14 14 22 24 22 40z" fill="#f08a2c"/>
"""
)

TIN = (
    SHADOW.format(rx=126)
    + """
<path d="M82 196h236v112c0 22-14 36-36 36H118c-22 0-36-14-36-36z" fill="#d09a2a"/>
<path d="M82 196h44v148h-8c-22 0-36-14-36-36z" fill="#e4b548"/>
<path d="M276 196h42v112c0 22-14 36-36 36h-6z" fill="#b07f1c"/>
<path d="M74 160c0-16 10-26 26-26h200c16 0 26 10 26 26v42H74z" fill="#e9bd52"/>
<path d="M74 190h252v14H74z" fill="#a87716"/>
<path d="M100 140h200" stroke="#f6da8e" stroke-width="6" stroke-linecap="round"/>
<rect x="138" y="222" width="124" height="92" rx="46" fill="#fbf6e6"/>
<path d="M160 286c14-34 30-40 40-40s26 6 40 40z" fill="#7a4a26"/><circle cx="176" cy="262" r="4" fill="#3b2110"/>
<path d="M178 256c-6-12 0-20 8-22M222 256c6-12 0-20-8-22" fill="none" stroke="#7a4a26" stroke-width="5" stroke-linecap="round"/>
<path d="M160 290h80" stroke="#d8412f" stroke-width="6"/>
<rect x="182" y="176" width="36" height="40" rx="6" fill="#8d949a"/><rect x="190" y="186" width="20" height="8" rx="4" fill="#5e666c"/>
"""
)

COMPASS = (
    SHADOW.format(rx=104)
    + """
<path d="M200 92C150 20 120 40 132 74" fill="none" stroke="#d8412f" stroke-width="8" stroke-linecap="round"/>
<circle cx="200" cy="84" r="18" fill="none" stroke="#a8842f" stroke-width="10"/>
<circle cx="200" cy="222" r="122" fill="#a8842f"/><circle cx="200" cy="222" r="122" fill="none" stroke="#cba84e" stroke-width="8"/>
<circle cx="200" cy="222" r="98" fill="#f8f5e8"/>
<g stroke="#17201b" stroke-width="5" stroke-linecap="round"><path d="M200 132v16M200 296v16M110 222h16M274 222h16"/></g>
<g stroke="#8a8f84" stroke-width="3" stroke-linecap="round"><path d="M137 159l9 9M263 159l-9 9M137 285l9-9M263 285l-9-9"/></g>
<g transform="rotate(28 200 222)"><path d="M200 146l18 76h-36z" fill="#d8412f"/><path d="M200 298l18-76h-36z" fill="#26443a"/></g>
<circle cx="200" cy="222" r="9" fill="#ecd9a0" stroke="#17201b" stroke-width="3"/>
<path d="M128 178c16-34 52-48 84-42" fill="none" stroke="#fff" stroke-width="10" stroke-linecap="round" opacity=".7"/>
"""
)


def picture(drawing: str, background: str, view: tuple[int, int, int, int] = (0, 0, 400, 400), extra: str = "") -> str:
    """An SVG document of 800 x 800 px that shows `view` (x, y, width, height) of a drawing."""
    x, y, width, height = view
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="800" viewBox="{x} {y} {width} {height}">'
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{background}"/>{drawing.strip()}{extra}</svg>\n'
    )


def measured(drawing: str, background: str, tall: str, wide: str) -> str:
    """The drawing, smaller, with its height and width in words beside it."""
    lines = (
        '<g fill="none" stroke="#17201b" stroke-width="2"><path d="M352 78v270M344 78h16M344 348h16"/>'
        '<path d="M70 378h260M70 370v16M330 370v16"/></g>'
        '<g font-family="Helvetica,Arial,sans-serif" font-size="15" font-weight="700" fill="#17201b" text-anchor="middle">'
        f'<text x="200" y="371">{wide}</text><text transform="translate(376 214) rotate(90)">{tall}</text></g>'
    )
    return picture(f'<g transform="translate(30 52) scale(.85)">{drawing.strip()}</g>', background, extra=lines)


WIDE = (0, 0, 1600, 760)
TALL = (900, -330, 620, 1090)


def landscape(
    colours: dict[str, str],
    view: tuple[int, int, int, int] = WIDE,
    sun: tuple[int, int, int] = (1290, 190, 82),
) -> str:
    """The hero: hills one behind the other and one path that leads through them. `sun` is x, y and radius."""
    c = colours
    x0, y0, width, height = view
    trees = "".join(
        f'<path d="M{x} {y}l{s} {2.6 * s:.0f}h-{2 * s}z" fill="{c["tree"]}"/>'
        for x, y, s in (
            (1010, 452, 17),
            (1046, 440, 22),
            (1084, 456, 15),
            (1390, 420, 24),
            (1436, 428, 18),
            (1350, 440, 16),
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{x0} {y0} {width} {height}"'
        ' preserveAspectRatio="xMidYMax slice">'
        f'<rect x="{x0}" y="{y0}" width="{width}" height="{height}" fill="{c["sky"]}"/>'
        f'<circle cx="{sun[0]}" cy="{sun[1]}" r="{sun[2]}" fill="{c["sun"]}"/>'
        f'<path d="M0 420c180-90 300-40 470-110s250-90 400-20 260 60 400-30 210-70 330-30v530H0z" fill="{c["far"]}"/>'
        f'<path d="M0 500c220-110 420-30 620-70s330-110 520-40 300 20 460-40v410H0z" fill="{c["mid"]}"/>{trees}'
        f'<path d="M0 600c260-120 480 20 760-40s520-120 840-40v240H0z" fill="{c["near"]}"/>'
        f'<path d="M1030 760c-40-80 90-110 180-150s150-74 74-104-150-24-130-52 90-34 74-62l8-2c34 30-46 44-62 64s70 26 150 52 60 84-40 134-130 70-50 120z"'
        f' fill="{c["path"]}"/>'
        f'<path d="M0 690c300-70 520 20 820 0s560-40 780 0v70H0z" fill="{c["front"]}"/>'
        f'<g transform="translate(1246 560)"><rect x="11" y="26" width="9" height="96" fill="{c["post"]}"/>'
        f'<path d="M-22 4h62l18 15-18 15h-62z" fill="{c["sign"]}"/>{blaze(-10, 9, 0.75)}</g></svg>\n'
    )


DAY = {
    "sky": "#dcebea",
    "sun": "#f6c453",
    "far": "#b7d2c8",
    "mid": "#82ad97",
    "tree": "#3f7358",
    "near": "#4f8a6b",
    "path": "#f3e6c4",
    "front": "#2f5d46",
    "post": "#5b3318",
    "sign": "#f7f7f2",
}
NIGHT = {
    "sky": "#16232b",
    "sun": "#e9e2c5",
    "far": "#20353c",
    "mid": "#1f3d3a",
    "tree": "#12261f",
    "near": "#1b3a30",
    "path": "#8f8a6c",
    "front": "#12261e",
    "post": "#3a2413",
    "sign": "#cfd3c8",
}


def film_poster() -> str:
    """A still with a play sign that is part of the picture: it looks like a film and is none."""
    inner = landscape(DAY)
    body = inner[inner.index(">") + 1 : inner.rindex("</svg>")]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="608" viewBox="0 0 1600 760">'
        f'{body}<rect width="1600" height="760" fill="#101a14" opacity=".32"/>'
        '<circle cx="800" cy="380" r="92" fill="#f7f7f2"/><path d="M770 326l92 54-92 54z" fill="#d8412f"/>'
        '<rect x="60" y="690" width="1480" height="8" rx="4" fill="#f7f7f2" opacity=".5"/>'
        '<rect x="60" y="690" width="220" height="8" rx="4" fill="#d8412f"/></svg>\n'
    )


def workshop() -> str:
    """A bench with a rucksack under repair."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="960" height="720" viewBox="0 0 960 720">'
        '<rect width="960" height="720" fill="#e7c9a0"/><rect y="470" width="960" height="250" fill="#8a5529"/>'
        '<rect y="470" width="960" height="26" fill="#a5703f"/>'
        '<g fill="#d3ad7c"><rect x="90" y="70" width="360" height="250" rx="8"/></g>'
        '<g stroke="#7a4a26" stroke-width="10" stroke-linecap="round"><path d="M140 130v110M200 130v80M260 130v130"/></g>'
        '<g fill="#5b6561"><circle cx="200" cy="232" r="24"/><rect x="122" y="232" width="36" height="60" rx="8"/>'
        '<path d="M240 252h40l-20 50z"/></g>'
        '<circle cx="360" cy="190" r="50" fill="#d8412f"/><circle cx="360" cy="190" r="22" fill="#f7f7f2"/>'
        '<circle cx="360" cy="190" r="8" fill="#7a4a26"/>'
        f'<g transform="translate(500 100) scale(1.08)">{RUCKSACK.strip()}</g>'
        '<path d="M360 240c0 120 120 230 270 160" fill="none" stroke="#d8412f" stroke-width="5"/>'
        '<path d="M622 396l44-16" stroke="#e2e6e1" stroke-width="8" stroke-linecap="round"/>'
        '<g transform="translate(150 420)"><rect width="150" height="52" rx="10" fill="#26443a"/>'
        '<rect x="20" y="-34" width="110" height="36" rx="10" fill="#386e53"/></g></svg>\n'
    )


FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#2f5d46"/><rect x="8" y="7" width="16" height="6" fill="#f7f7f2"/>'
    '<rect x="8" y="13" width="16" height="6" fill="#ff5a44"/><rect x="8" y="19" width="16" height="6" fill="#f7f7f2"/></svg>\n'
)
