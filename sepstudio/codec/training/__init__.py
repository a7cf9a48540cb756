"""Training of the Ambisonics codec, from nothing, from a mono model, or on from another one."""
