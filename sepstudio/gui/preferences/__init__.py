"""The window of preferences: pages made from the table of settings, and the page of keys."""
