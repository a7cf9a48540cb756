"""A codec in training: the steps of generator and discriminators, and everything that decides on the next one."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from sepstudio.codec.adversarial import discriminator_loss, generator_losses
from sepstudio.codec.discriminators import Discriminators
from sepstudio.codec.losses import covariance_loss
from sepstudio.codec.mel_loss import MelLoss
from sepstudio.codec.quantizer import Quantized, drawn_codebooks
from sepstudio.codec.rvqgan import Rvqgan
from sepstudio.codec.training.batches import Share
from sepstudio.codec.training.excerpts import drawn
from sepstudio.codec.training.optimising import Optimising, copied
from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.nn.training.ranks import Ranks

# Purposes that chance is drawn for; excerpts have the first.
_DROPOUT, _CHANNELS = 2, 3


@dataclass(frozen=True, eq=False)
class _Part:
    """Excerpts that are computed together, how many codebooks each is coded with, and their part of the batch."""

    scenes: Tensor
    codebooks: Tensor
    weight: float


class Learner:
    """A codec, its discriminators, and an optimiser for each.

    Parameters
    ----------
    network : Rvqgan
        Trained in place.
    plan : CodecTrainingPlan
        ``config`` is that of the network.
    device : str
    ranks : Ranks
    """

    def __init__(self, network: Rvqgan, plan: CodecTrainingPlan, *, device: str, ranks: Ranks) -> None:
        self.network = network.to(device)
        self._plan = plan
        self._device = device
        self._mel = MelLoss(plan.config.sample_rate).to(device)
        self._generating = Optimising(network.parameters(), clip=plan.clip, ranks=ranks, name="the generator")
        self._discriminators = None
        if plan.discriminators != "none":
            self._discriminators = started_discriminators(plan).to(device)
            parameters = self._discriminators.parameters()
            clip = plan.discriminator_clip
            self._discriminating = Optimising(parameters, clip=clip, ranks=ranks, name="the discriminators")

    def steps(self, share: Share) -> Generator[None, None, float]:
        """Train discriminators, then the generator, with a share of a batch; return its mel loss, unweighted.

        Yields between excerpts that are computed together. Where there are several such parts, scenes are decoded
        twice: with every part the memory of one is enough.

        Raises
        ------
        TrainingError
            If a gradient is not finite.
        """
        rate = self._plan.rate * self._plan.decay**share.step
        parts = self._parts(share)
        first: tuple[Tensor, Quantized] | None = None
        if self._discriminators is not None:
            for part in parts:
                with torch.set_grad_enabled(len(parts) == 1):
                    first = self._decoded(part)
                with self._products():
                    verdict = discriminator_loss(self._discriminators, part.scenes, first[0])
                self._discriminating.add(verdict * part.weight)
                yield
            self._discriminating.step(rate)
        total = 0.0
        channels = self._channels(share.step)
        for part in parts:
            decoded, quantized = first if first is not None and len(parts) == 1 else self._decoded(part)
            mel = self._mel(decoded, part.scenes, channels)
            loss = self._plan.weights.mel * mel + self._other_losses(part.scenes, decoded, quantized)
            self._generating.add(loss * part.weight)
            total += float(mel.detach()) * part.weight
            yield
        self._generating.step(rate)
        return total

    def _decoded(self, part: _Part) -> tuple[Tensor, Quantized]:
        with self._products():
            return self.network(part.scenes, part.codebooks)  # type: ignore[no-any-return]

    def _parts(self, share: Share) -> list[_Part]:
        """Return what is computed together."""
        count = len(share.places)
        size = self._plan.at_once or count
        codebooks = self._codebooks(share)
        return [
            _Part(scenes, counts, share.weight * len(scenes) / count)
            for scenes, counts in zip(torch.split(share.scenes, size), torch.split(codebooks, size), strict=True)
        ]

    def _other_losses(self, scenes: Tensor, decoded: Tensor, quantized: Quantized) -> Tensor:
        weights = self._plan.weights
        total = weights.commitment * quantized.commitment.float() + weights.codebook * quantized.codebook.float()
        if weights.covariance:
            total = total + weights.covariance * covariance_loss(scenes, decoded.float())
        if self._discriminators is not None:
            with self._products():
                told = generator_losses(self._discriminators, scenes, decoded)
            total = total + weights.adversarial * told.adversarial + weights.feature * told.features
        return total

    @torch.no_grad()
    def validate(self, scenes: Tensor) -> tuple[float, float]:
        """Return the mel loss and the covariance loss, unweighted, of scenes [batch, channels, samples]."""
        scenes = scenes.to(self._device)
        decoded, _ = self.network(scenes)
        return float(self._mel(decoded, scenes)), float(covariance_loss(scenes, decoded))

    def _products(self) -> torch.autocast:
        kind = self._device.partition(":")[0]
        return torch.autocast(kind, torch.bfloat16, enabled=self._plan.precision == "bfloat16")

    def _codebooks(self, share: Share) -> Tensor:
        """Return how many codebooks each excerpt is coded with: drawn for the whole batch, whoever has which part."""
        seed = int(drawn(self._plan, _DROPOUT, share.step).integers(1 << 62))
        counts = drawn_codebooks(self._plan.config, self._plan.batch, torch.Generator().manual_seed(seed))
        return counts[list(share.places)].to(self._device)

    def _channels(self, step: int) -> list[int] | None:
        count, channels = self._plan.mel_channels, self._plan.config.channels
        if count is None or count >= channels:
            return None
        return sorted(drawn(self._plan, _CHANNELS, step).choice(channels, count, replace=False).tolist())

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the weights of the codec, on the processor."""
        return {name: copied(weight) for name, weight in self.network.state_dict().items()}

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Return copies of everything that decides on the next step, by part."""
        parts = {"generator": self.weights(), "generator moments": self._generating.moments()}
        if self._discriminators is not None:
            weights = self._discriminators.state_dict()
            parts["discriminators"] = {name: copied(weight) for name, weight in weights.items()}
            parts["discriminators moments"] = self._discriminating.moments()
        return parts

    def set_state(self, parts: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Take what ``state`` returned; KeyError, ValueError or RuntimeError for anything else."""
        self.network.load_state_dict(dict(parts["generator"]))
        self._generating.set_moments(parts["generator moments"])
        if self._discriminators is not None:
            self._discriminators.load_state_dict(dict(parts["discriminators"]))
            self._discriminating.set_moments(parts["discriminators moments"])


def started_discriminators(plan: CodecTrainingPlan) -> Discriminators:
    """Return discriminators at random, as the seed has it: whatever the codec started from, they start from nothing."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed + 1)
        folded = plan.discriminators == "folded"
        return Discriminators(plan.config.channels, width=plan.discriminator_width, folded=folded)
