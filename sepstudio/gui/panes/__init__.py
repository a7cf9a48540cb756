"""Time-aligned views."""
