"""Multitracks: finding them, splitting them, reading excerpts as examples for training, and making more of them."""
