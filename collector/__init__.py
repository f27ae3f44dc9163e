"""Footpath: shows where visitors walk, where they stumble, and what it costs."""

__version__ = "0.1.0"
