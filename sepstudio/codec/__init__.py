"""The Ambisonics codec."""

from sepstudio.codec.losses import covariance_loss

__all__ = ["covariance_loss"]
