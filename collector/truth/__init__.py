"""Do the reports find what is there, and nothing else? Sites with planted effects, through the real pipeline."""
