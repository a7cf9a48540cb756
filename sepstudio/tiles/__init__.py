"""Pyramids of tiles and envelopes that make long files quick to look at."""
