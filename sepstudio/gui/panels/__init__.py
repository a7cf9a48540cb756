"""Forms and lists beside the panes."""
