"""The score under the hand: what is selected and drawn, gestures with the mouse, and how notes lie in a view."""
