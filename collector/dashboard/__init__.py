"""Pages for people who look rather than type: every number on them is one that `collector.query` gives."""
