"""Separation methods, their parameters and their registry."""
