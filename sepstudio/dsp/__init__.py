"""Signal processing: STFT, running medians, Wiener filter."""
