"""What the Models tab is made of."""
