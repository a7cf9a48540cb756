"""Things that panes draw."""
