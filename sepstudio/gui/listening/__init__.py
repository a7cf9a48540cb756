"""Hearing one thing against another: what sounds, at matched levels, and who knows what it is."""
