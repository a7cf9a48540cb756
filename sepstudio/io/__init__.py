"""Audio files and the clips that every layer passes around."""
