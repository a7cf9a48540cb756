"""What networks share: the choice of a compute device."""
