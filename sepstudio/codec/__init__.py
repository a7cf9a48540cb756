"""The Ambisonics codec."""
