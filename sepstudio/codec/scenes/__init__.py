"""Synthetic Ambisonics scenes: for tests, demonstrations and training."""

from sepstudio.codec.scenes.material import Material, read_material
from sepstudio.codec.scenes.rendering import random_scene, render_scene

__all__ = ["Material", "random_scene", "read_material", "render_scene"]
