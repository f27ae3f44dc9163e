"""Which parameters of an address say by which link somebody came?"""

from typing import Final

UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

ALIASES: Final = {
    "mtm_source": "utm_source",
    "mtm_medium": "utm_medium",
    "mtm_campaign": "utm_campaign",
    "mtm_keyword": "utm_term",
    "mtm_kwd": "utm_term",
    "mtm_content": "utm_content",
    "matomo_campaign": "utm_campaign",
    "matomo_kwd": "utm_term",
    "pk_source": "utm_source",
    "pk_medium": "utm_medium",
    "pk_campaign": "utm_campaign",
    "pk_cpn": "utm_campaign",
    "pk_keyword": "utm_term",
    "pk_kwd": "utm_term",
    "pk_content": "utm_content",
    "piwik_campaign": "utm_campaign",
    "piwik_kwd": "utm_term",
    "hsa_net": "utm_source",
    "hsa_cam": "utm_campaign",
    "hsa_kw": "utm_term",
}
"""Matomo's campaign parameters and HubSpot's, which only its advertisements carry; utm_* win, then the order here.

https://matomo.org/faq/tracking-campaigns/ ; https://knowledge.hubspot.com/ads/ad-tracking-in-hubspot
"""
