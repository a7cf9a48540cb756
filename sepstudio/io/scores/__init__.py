"""Scores: notes over time, read from MIDI, MusicXML and CSV, and written as MIDI and CSV."""
