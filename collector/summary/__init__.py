"""A week of a site as a letter: how it went, in figures and pictures, and the largest changes beyond chance."""
