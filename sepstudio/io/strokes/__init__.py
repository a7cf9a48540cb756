"""Strokes of a brush on a spectrogram: what they are, and their files."""
