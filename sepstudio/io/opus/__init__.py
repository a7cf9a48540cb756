"""Opus files of Ambisonics: families 2 and 3 of RFC 8486 in Ogg, decoded by libopus."""
