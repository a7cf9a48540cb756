"""Training of the networks of the phase-feature paper: several side by side on the same examples."""
