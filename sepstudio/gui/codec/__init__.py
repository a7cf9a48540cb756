"""The parts of the tab of the HOA codec: conditions, settings, and what shows a scene and what is decoded of it."""
