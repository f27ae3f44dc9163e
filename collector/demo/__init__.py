"""What `footpath demo` runs: a small shop to walk through, and visitors who already did."""
