"""Separators of other packages as methods of this program: they are offered where their packages are installed."""
