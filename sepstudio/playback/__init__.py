"""Transport, mixer and sound devices."""
