"""Project folders."""
