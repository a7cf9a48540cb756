"""Many recordings, one after another: finding them, naming their stems, writing those all or none."""
