"""Long computations on threads."""
