"""Strokes under the hand: what is painted, gestures with the mouse, and how strokes lie over a spectrogram."""
