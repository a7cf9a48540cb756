"""Measures of separation quality."""
