"""Listening tests: what is compared, in which order, what was rated, and what that says."""
