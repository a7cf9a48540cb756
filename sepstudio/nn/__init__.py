"""What networks share: compute devices, statistics, files of trained networks; and the networks of amplitudes."""
