"""Ways to a sound device."""
