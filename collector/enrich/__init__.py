"""What the loader adds to a page view: device, source, country, and the ids of visitors without storage.

Each question is one module: `device`, `source`, `place`, `visitor`. This package imports none of them, so
that a process pays only for what it asks. `LISTS_VERSION` is stored with every row and says which lists the
row was classified with.
"""

from collector.enrich.sites import LISTS_VERSION

__all__ = ["LISTS_VERSION"]
