"""The page that looks into a network while it learns from strokes, and after it has."""
