"""Sources, click ids and channels by address and referrer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collector.enrich import source as source_module
from collector.enrich.source import CHANNELS, Source, classify, touch

SHOP = "https://www.shop.example/p?x=1"


def tagged(query: str) -> str:
    """The shop's page with a query string."""
    return f"https://www.shop.example/p?{query}"


def test_there_are_19_channels() -> None:
    """GA4's eighteen and AI Assistants."""
    assert len(CHANNELS) == len(set(CHANNELS)) == 19


# --- channels -------------------------------------------------------------------------------------------

CASES = [
    # (channel, source, medium, query, referrer)
    ("Direct", "", "", "", ""),
    ("Direct", "", "", "utm_source=&utm_medium=%20", ""),
    ("Cross-network", "google", "cpc", "utm_source=google&utm_medium=cpc&utm_campaign=Cross-Network+7", ""),
    ("Paid Shopping", "amazon", "cpc", "utm_source=amazon&utm_medium=cpc", ""),
    ("Paid Shopping", "google", "cpc", "utm_source=google&utm_medium=cpc&utm_campaign=Shopping+DE", ""),
    ("Paid Shopping", "google", "cpc", "gclid=1&utm_campaign=eshop", "https://www.google.com/"),
    ("Paid Search", "google", "cpc", "utm_source=google&utm_medium=cpc", ""),
    ("Paid Search", "google", "cpc", "utm_source=google&utm_medium=cpc&utm_campaign=workshop", ""),
    ("Paid Search", "bing", "ppc", "utm_source=Bing&utm_medium=PPC", ""),
    ("Paid Search", "google", "paidsearch", "utm_source=adwords&utm_medium=paidsearch", ""),
    ("Paid Search", "duckduckgo", "cpm", "utm_source=duckduckgo&utm_medium=cpm", ""),
    ("Paid Search", "google", "cpc", "gclid=abc", ""),
    ("Paid Search", "google", "cpc", "gclid=abc", "https://www.google.com/"),
    ("Paid Search", "google", "cpc", "gbraid=abc", ""),
    ("Paid Search", "google", "cpc", "wbraid=abc", ""),
    ("Paid Search", "bing", "cpc", "msclkid=abc", ""),
    ("Paid Search", "google", "cpc", "utm_source=google&gclid=abc", ""),
    ("Paid Search", "google", "summer", "utm_source=google&utm_medium=summer&gclid=abc", ""),
    ("Paid Social", "facebook", "cpc", "utm_source=facebook&utm_medium=cpc", ""),
    ("Paid Social", "instagram", "paid_social", "utm_source=ig&utm_medium=paid_social&fbclid=x", ""),
    ("Paid Social", "linkedin", "retargeting", "utm_source=linkedin.com&utm_medium=retargeting", ""),
    ("Paid Social", "tiktok", "cpc", "ttclid=abc", "https://www.tiktok.com/"),
    ("Paid Social", "x", "cpc", "twclid=abc", "https://t.co/"),
    ("Display", "google", "display", "dclid=abc", ""),
    ("Paid Search", "google", "cpc", "dclid=abc&gclid=def", ""),
    ("Paid Search", "yandex", "cpc", "yclid=12", "https://yandex.ru/"),
    ("Organic Social", "pinterest", "referral", "epik=dj0y", "https://www.pinterest.com/"),
    ("Paid Social", "reddit", "cpc", "rdt_cid=12", "https://www.reddit.com/"),
    ("Paid Social", "snapchat", "cpc", "ScCid=12", ""),
    ("Paid Social", "linkedin", "cpc", "li_fat_id=abc", ""),
    ("Paid Video", "youtube", "cpv-cpc", "utm_source=youtube&utm_medium=cpv-cpc", ""),
    ("Display", "google", "display", "utm_source=google&utm_medium=display&gclid=abc", ""),
    ("Display", "taboola", "cpm", "utm_source=taboola&utm_medium=cpm", ""),
    ("Display", "criteo", "banner", "utm_source=criteo&utm_medium=banner", ""),
    ("Display", "criteo", "interstitial", "utm_source=criteo&utm_medium=Interstitial", ""),
    ("Paid Other", "taboola", "cpc", "utm_source=taboola&utm_medium=cpc", ""),
    ("Paid Other", "chatgpt", "cpc", "utm_source=chatgpt.com&utm_medium=cpc", ""),
    ("Paid Other", "newsletter", "paid", "utm_source=Newsletter&utm_medium=paid", ""),
    ("Affiliates", "awin", "affiliate", "utm_source=awin&utm_medium=affiliate", ""),
    ("Affiliates", "amazon", "affiliates", "utm_source=amazon&utm_medium=affiliates", ""),
    ("Email", "newsletter", "email", "utm_source=newsletter&utm_medium=email", ""),
    ("Email", "facebook", "e-mail", "utm_source=facebook&utm_medium=e-mail", ""),
    ("Email", "email", "", "utm_source=e_mail", ""),
    ("Email", "google", "email", "utm_medium=email", "https://www.google.com/"),
    ("Email", "", "email", "utm_medium=email", ""),
    ("Email", "gmail", "email", "", "https://mail.google.com/"),
    ("Email", "yahoo-mail", "email", "", "https://mail.yahoo.co.uk/"),
    ("Email", "outlook", "email", "", "https://outlook.live.com/"),
    ("Email", "gmail", "email", "", "android-app://com.google.android.gm/"),
    ("SMS", "twilio", "sms", "utm_source=twilio&utm_medium=sms", ""),
    ("SMS", "sms", "", "utm_source=SMS", ""),
    ("Mobile Push Notifications", "onesignal", "push", "utm_source=onesignal&utm_medium=push", ""),
    ("Mobile Push Notifications", "app", "web-push", "utm_source=app&utm_medium=web-push", ""),
    ("Mobile Push Notifications", "app", "notification", "utm_source=app&utm_medium=notification", ""),
    ("Mobile Push Notifications", "firebase", "", "utm_source=firebase", ""),
    ("Audio", "spotify", "audio", "utm_source=spotify&utm_medium=audio", ""),
    ("AI Assistants", "chatgpt", "", "utm_source=chatgpt.com", ""),
    ("AI Assistants", "chatgpt", "", "utm_source=chatgpt.com", "https://chatgpt.com/"),
    ("AI Assistants", "chatgpt", "referral", "", "https://chatgpt.com/"),
    ("AI Assistants", "chatgpt", "referral", "", "https://chat.openai.com/"),
    ("AI Assistants", "claude", "referral", "", "https://claude.ai/"),
    ("AI Assistants", "perplexity", "referral", "", "https://www.perplexity.ai/search"),
    ("AI Assistants", "gemini", "referral", "", "https://gemini.google.com/"),
    ("AI Assistants", "copilot", "referral", "", "https://copilot.microsoft.com/"),
    ("AI Assistants", "deepseek", "referral", "", "https://chat.deepseek.com/"),
    ("AI Assistants", "grok", "referral", "", "https://grok.com/"),
    ("AI Assistants", "mistral", "referral", "", "https://chat.mistral.ai/"),
    ("AI Assistants", "meta-ai", "referral", "", "https://www.meta.ai/"),
    ("AI Assistants", "chatgpt", "referral", "", "android-app://com.openai.chatgpt/"),
    ("Organic Shopping", "amazon", "referral", "", "https://www.amazon.co.uk/dp/1"),
    ("Organic Shopping", "google-shopping", "referral", "", "https://shopping.google.com/"),
    ("Organic Shopping", "idealo", "", "utm_source=idealo.de", ""),
    ("Organic Social", "facebook", "referral", "", "https://l.facebook.com/"),
    ("Organic Social", "facebook", "referral", "fbclid=abc", ""),
    ("Organic Social", "instagram", "referral", "fbclid=abc", "https://l.instagram.com/"),
    ("Organic Social", "facebook", "referral", "fbclid=abc", "https://www.google.com/"),
    ("Organic Social", "x", "referral", "", "https://t.co/abc"),
    ("Organic Social", "x", "referral", "", "https://x.com/"),
    ("Organic Social", "pinterest", "referral", "", "https://www.pinterest.de/"),
    ("Organic Social", "hacker-news", "referral", "", "https://news.ycombinator.com/"),
    ("Organic Social", "reddit", "referral", "", "android-app://com.reddit.frontpage"),
    ("Organic Social", "buffer", "social", "utm_source=buffer&utm_medium=social", ""),
    ("Organic Social", "buffer", "social media", "utm_source=buffer&utm_medium=Social+Media", ""),
    ("Organic Video", "youtube", "referral", "", "https://m.youtube.com/"),
    ("Organic Video", "youtube", "referral", "", "https://youtu.be/x"),
    ("Organic Video", "agency", "video", "utm_source=agency&utm_medium=video", ""),
    ("Organic Search", "google", "organic", "", "https://www.google.com/"),
    ("Organic Search", "google", "organic", "", "https://www.google.co.uk/url?q=x"),
    ("Organic Search", "google", "organic", "", "https://google.com.br."),
    ("Organic Search", "google", "organic", "", "android-app://com.google.android.googlequicksearchbox/https/x"),
    ("Organic Search", "bing", "organic", "", "https://cn.bing.com/"),
    ("Organic Search", "yahoo", "organic", "", "https://uk.search.yahoo.com/"),
    ("Organic Search", "brave", "organic", "", "https://search.brave.com/"),
    ("Organic Search", "ecosia", "organic", "", "https://www.ecosia.org/"),
    ("Organic Search", "agency", "organic", "utm_source=agency&utm_medium=organic", ""),
    ("Referral", "blog.example.org", "referral", "", "https://blog.example.org/post"),
    ("Referral", "example.org", "referral", "", "http://www.example.org:8080/"),
    ("Referral", "partner", "referral", "utm_source=partner&utm_medium=referral", ""),
    ("Referral", "partner", "app", "utm_source=partner&utm_medium=app", ""),
    ("Referral", "partner", "leaflet", "utm_source=Partner&utm_medium=Leaflet", ""),
    ("Referral", "", "", "utm_campaign=spring", ""),
    ("Referral", "org.example.reader", "referral", "", "android-app://org.example.Reader/"),
]


@pytest.mark.parametrize(("channel", "source", "medium", "query", "referrer"), CASES)
def test_channel(channel: str, source: str, medium: str, query: str, referrer: str) -> None:
    """Each entry has one channel, source and medium."""
    found = classify(tagged(query), referrer)
    assert (found.channel, found.source, found.medium) == (channel, source, medium)


def test_the_cases_have_every_channel() -> None:
    """No channel goes untried."""
    assert {case[0] for case in CASES} == set(CHANNELS)


# --- whose domain it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("referrer", "source", "channel"),
    [
        ("https://microsoft.com/", "microsoft.com", "Referral"),
        ("https://notgoogle.com/", "notgoogle.com", "Referral"),
        ("https://google.com.evil.example/", "google.com.evil.example", "Referral"),
        ("https://facebook.com.evil.example/", "facebook.com.evil.example", "Referral"),
        ("https://google.evil/", "google.evil", "Referral"),
        ("https://google.shop/", "google.shop", "Referral"),
        ("https://google.blogspot.com/", "google.blogspot.com", "Referral"),
        ("https://google.github.io/", "google.github.io", "Referral"),
        ("https://evil.example/google.com", "evil.example", "Referral"),
        ("https://evil.example/?https://www.google.com/", "evil.example", "Referral"),
        ("https://www.google.com@evil.example/", "evil.example", "Referral"),
        ("https://netflix.com/", "netflix", "Organic Video"),
        ("https://fedex.com/", "fedex.com", "Referral"),
        ("https://www.linux.com/", "linux.com", "Referral"),
        ("https://dropbox.com/", "dropbox.com", "Referral"),
        ("https://at.co/", "at.co", "Referral"),
        ("https://chat.com/", "chat.com", "Referral"),
        ("https://HOTMAIL.com/", "outlook", "Email"),
        ("https://you.com/", "you.com", "AI Assistants"),
        ("https://thankyou.com/", "thankyou.com", "Referral"),
        ("https://x.com/a", "x", "Organic Social"),
        ("https://mobile.x.com/a", "x", "Organic Social"),
        ("https://pt.co/", "pt.co", "Referral"),
        ("https://sub.t.co/", "x", "Organic Social"),
        ("https://ebay.com.evil.example/", "ebay.com.evil.example", "Referral"),
        ("https://facebook.com.", "facebook", "Organic Social"),
        ("https://l.facebook.com:443/", "facebook", "Organic Social"),
        ("https://m.facebook.com/", "facebook", "Organic Social"),
        ("https://claude.ai.example/", "claude.ai.example", "Referral"),
        ("https://bücher.de/", "bücher.de", "Referral"),
        ("https://192.168.0.1/", "192.168.0.1", "Referral"),
        ("http://localhost:3000/", "localhost", "Referral"),
        ("http://[2001:db8::1]:8080/", "2001:db8::1", "Referral"),
        ("android-app://com.example.app", "com.example.app", "Referral"),
    ],
)
def test_a_domain_ends_at_its_labels(referrer: str, source: str, channel: str) -> None:
    """A listed name inside another name, path or subdomain is not the listed site."""
    found = classify(SHOP, referrer)
    assert (found.source, found.channel) == (source, channel)


# --- what is no source ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "referrer",
    [
        "https://www.paypal.com/checkoutnow",
        "https://checkout.stripe.com/c/pay",
        "https://hooks.stripe.com/3d_secure",
        "https://pay.klarna.com/",
        "https://checkoutshopper-live.adyen.com/",
        "https://www.mollie.com/checkout",
        "https://www.sofort.com/",
        "https://api.razorpay.com/",
        "https://secure.payu.in/",
        "https://sis.redsys.es/",
        "https://secure.worldpay.com/",
        "https://checkout.2checkout.com/",
        "https://pay.amazon.co.uk/",
        "https://pay.google.com/",
        "https://shop.app/checkout",
        "https://centinelapi.cardinalcommerce.com/",
        "https://accounts.google.com/",
        "https://appleid.apple.com/",
        "android-app://com.paypal.android.p2pmobile/",
    ],
)
def test_payment_and_sign_in_are_never_a_source(referrer: str) -> None:
    """Somebody who comes back from paying came from nowhere new."""
    assert classify(SHOP, referrer) == Source(channel="Direct")
    assert touch(SHOP, referrer) == Source()


def test_a_payment_page_does_not_hide_a_campaign() -> None:
    """Only the referrer is passed over, the tags count."""
    assert classify(tagged("gclid=abc"), "https://www.paypal.com/").channel == "Paid Search"


@pytest.mark.parametrize(
    ("url", "referrer", "own_hosts"),
    [
        ("https://www.shop.co.uk/", "https://checkout.shop.co.uk/x", frozenset()),
        ("https://shop.example/", "http://www.shop.example:8080/", frozenset()),
        ("https://shop.example/", "https://shop.example/", frozenset()),
        ("https://SHOP.example/", "https://shop.EXAMPLE./", frozenset()),
        ("http://localhost:8000/", "http://localhost:3000/", frozenset()),
        ("http://192.168.0.1/a", "http://192.168.0.1/b", frozenset()),
        ("http://[::1]:1/", "http://[::1]:2/", frozenset()),
        ("https://a.myshopify.com/", "https://a.myshopify.com/", frozenset()),
        ("https://shop.example/", "https://shop.de/", frozenset({"shop.de"})),
        ("https://shop.example/", "https://www.shop.de/", frozenset({"shop.de"})),
        ("https://shop.example/", "https://shop.de/", frozenset({"www.shop.de"})),
        ("https://shop.example/", "https://pay.shop.de/", frozenset({"x.example", "shop.de"})),
        ("https://blog.shop.example/", "https://checkout.shop.example/", frozenset({"shop.example"})),
        ("https://shop.co.uk/", "https://a.b.c.shop.co.uk/", frozenset()),
        ("https://docs.acme.github.io/", "https://acme.github.io/", frozenset()),
    ],
)
def test_the_site_itself_is_no_source(url: str, referrer: str, own_hosts: frozenset[str]) -> None:
    """The page's registrable domain and the site's other hosts lead nobody to the site."""
    assert classify(url, referrer, own_hosts) == Source(channel="Direct")
    assert touch(url, referrer, own_hosts) == Source()


@pytest.mark.parametrize(
    ("url", "referrer", "own_hosts"),
    [
        ("https://shop.co.uk/", "https://other.co.uk/", frozenset()),
        ("https://a.myshopify.com/", "https://b.myshopify.com/", frozenset()),
        ("https://a.github.io/", "https://b.github.io/", frozenset()),
        ("https://shop.example/", "https://myshop.de/", frozenset({"shop.de"})),
        ("https://shop.example/", "https://blog.shop.de/", frozenset({"pay.shop.de"})),
        ("http://192.168.0.1/", "http://192.168.0.2/", frozenset()),
        ("https://shop.example/", "https://other.example.net/", frozenset({""})),
        ("javascript:void(0)", "https://other.example.net/", frozenset()),
    ],
)
def test_neighbours_are_a_source(url: str, referrer: str, own_hosts: frozenset[str]) -> None:
    """Sites that share a suffix or half a name are strangers."""
    assert classify(url, referrer, own_hosts).channel == "Referral"


# --- fields ---------------------------------------------------------------------------------------------


def test_every_field_is_filled() -> None:
    """Campaign, term, content and click id stay as written, the rest is lower case."""
    url = tagged(
        "utm_source=Google&utm_medium=CPC&utm_campaign=Spring+Sale&utm_term=red%20shoes&utm_content=A%2FB"
        "&gclid=Cj0K_x-Y"
    )
    assert classify(url, "https://www.bing.com/") == Source(
        channel="Paid Search",
        source="google",
        medium="cpc",
        campaign="Spring Sale",
        term="red shoes",
        content="A/B",
        click_id_type="gclid",
        click_id="Cj0K_x-Y",
    )


@pytest.mark.parametrize(
    "name",
    [
        "gclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "fbclid",
        "ttclid",
        "twclid",
        "li_fat_id",
        "dclid",
        "yclid",
        "epik",
        "rdt_cid",
        "sccid",
    ],
)
def test_every_click_id_is_kept(name: str) -> None:
    """Each network's click id has a type, a value and a source."""
    found = classify(tagged(f"{name}=Abc"), "")
    assert (found.click_id_type, found.click_id) == (name, "Abc")
    assert found.source


def test_the_tags_win_over_click_id_and_referrer() -> None:
    """utm_* before click ids before the referrer."""
    found = classify(tagged("utm_source=newsletter&utm_medium=email&fbclid=x"), "https://www.google.com/")
    assert (found.channel, found.source, found.click_id_type) == ("Email", "newsletter", "fbclid")


def test_the_first_of_a_name_counts_in_any_case() -> None:
    """Repeated parameters and capitals in their names do no harm."""
    found = classify(tagged("UTM_Source=first&utm_source=second&utm_medium=&utm_medium=email"), "")
    assert (found.source, found.medium) == ("first", "email")


def test_the_fragment_is_no_query() -> None:
    """What stands behind # was not sent by a campaign."""
    assert classify("https://shop.example/#?utm_source=x", "").channel == "Direct"


def test_long_and_unprintable_values_are_cut_and_cleaned() -> None:
    """Fields fit their columns and have no controls, lone surrogates or bidi marks."""
    long = f"gclid={'x' * 1000}&utm_term={'y' * 500}"
    found = classify(tagged(f"utm_source=a%00b%E2%80%AE%0Ac&{long}"), "")
    assert found.source == "abc"
    assert len(found.click_id) == 512
    assert len(found.term) == 256


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mtm_source=Newsletter&mtm_medium=email&mtm_campaign=May", ("Email", "newsletter", "email", "May", "")),
        (
            "pk_campaign=May&pk_kwd=shoes&pk_source=google&pk_medium=cpc",
            ("Paid Search", "google", "cpc", "May", "shoes"),
        ),
        ("mtm_cid=7&matomo_campaign=May&matomo_kwd=a", ("Referral", "", "", "May", "a")),
        ("piwik_campaign=May", ("Referral", "", "", "May", "")),
        ("hsa_acc=1&hsa_cam=77&hsa_net=adwords&hsa_kw=shoes", ("Paid Search", "google", "cpc", "77", "shoes")),
        ("hsa_net=facebook&hsa_cam=5&fbclid=x", ("Paid Social", "facebook", "cpc", "5", "")),
        (
            "hsa_cam=77&hsa_net=adwords&utm_source=bing&utm_medium=ppc&utm_campaign=May",
            ("Paid Search", "bing", "ppc", "May", ""),
        ),
        ("utm_source=x&mtm_source=google&pk_source=bing", ("Organic Social", "x", "", "", "")),
        ("mtm_source=google&pk_source=bing", ("Organic Search", "google", "", "", "")),
    ],
)
def test_other_products_parameters_stand_in_for_utm(query: str, expected: tuple[str, ...]) -> None:
    """Links that were tagged for Matomo or by HubSpot keep their meaning; utm_* win where both are there."""
    found = classify(tagged(query), "")
    assert (found.channel, found.source, found.medium, found.campaign, found.term) == expected


# --- touches --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "referrer", "channel"),
    [
        ("", "", ""),
        ("", "https://checkout.shop.example/", ""),
        ("", "https://www.google.com/", "Organic Search"),
        ("gclid=1", "https://www.shop.example/", "Paid Search"),
        ("utm_source=newsletter&utm_medium=email", "", "Email"),
        ("utm_campaign=spring", "", "Referral"),
    ],
)
def test_touch(query: str, referrer: str, channel: str) -> None:
    """Inside a visit only what came from outside has a source."""
    found = touch(tagged(query), referrer)
    assert found.channel == channel
    assert (found == Source()) == (channel == "")


# --- cost and hostile input -----------------------------------------------------------------------------


def test_repeated_entries_come_from_bounded_caches() -> None:
    """The caches answer the second time and cannot grow without end."""
    first = classify(SHOP, "https://www.google.com/")
    assert classify(SHOP, "https://www.google.com/") is first
    for cache in (source_module._classify, source_module._registrable, source_module._suffix):
        assert cache.cache_info().maxsize == source_module.CACHE_SIZE


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,<script>",
        "about:blank",
        "file:///etc/passwd",
        "blob:https://x.example/1",
        "https://",
        "https://?utm_source=",
        "google.com",
        "https://[::1",
        "https://[not-an-address]/",
        "https://a..b/",
        "https://%zz/",
        "https://\x00/",
        "https://\udcff/",
        "https://exa mple.com/",
        "https://" + "a" * 300 + ".com/",
        "http://:99999/",
        "\x00",
    ],
)
def test_what_is_no_address_is_no_referrer(text: str) -> None:
    """Garbage for a referrer is as good as none, and garbage for an address leaves the referrer."""
    assert classify(SHOP, text) == Source(channel="Direct")
    assert classify(text, "https://www.google.com/").source == "google"


def test_an_impossible_port_does_no_harm() -> None:
    """The host counts, the port is not looked at."""
    assert classify("https://shop.example:99999/", "https://www.google.com:-1/").source == "google"


ADDRESS = st.text() | st.builds(
    "".join,
    st.lists(
        st.sampled_from(
            ["https://", "http:", "//", "android-app://", "www.", "google", ".", "com", "co.uk", "[", "]",
             ":", "@", "%", "%00", "%E2", "?", "&", "=", "utm_source", "utm_medium", "gclid", "#", "\x00",
             "\ud800", "xn--", "٣", "。"]
        )
        | st.characters(),
        max_size=20,
    ),
)  # fmt: skip


@given(ADDRESS, ADDRESS, st.frozensets(ADDRESS, max_size=2))
@example("x" * 10_000, "https://" + "x." * 5_000, frozenset())
@example("https://shop.example/?" + "&" * 5_000, "https://xn--a/", frozenset({"xn--a"}))
@example("https://shop.example/?utm_source=%ff%fe&utm_campaign=\udcff", "https://[v1.x]/", frozenset())
def test_no_text_raises(url: str, referrer: str, own_hosts: frozenset[str]) -> None:
    """Whatever is sent makes a source whose fields fit their columns."""
    found = classify(url, referrer, own_hosts)
    assert found.channel in CHANNELS
    assert touch(url, referrer, own_hosts) in (found, Source())
    for text in (found.source, found.medium, found.campaign, found.term, found.content):
        assert len(text) <= 256
        assert text.isprintable()
