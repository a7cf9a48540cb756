"""The mel loss of the codec against the same terms by automatic differentiation: ``bench_mel_loss.py [THREADS]``."""

import sys

import torch
from machine import Table, best

from sepstudio.codec.mel_loss import MelLoss
from sepstudio.dsp.mel import MEL_SCALES, mel_filterbank

RATE = 44100
# What a step of training has: scenes, channels, 0.38 s.
SHAPE = (4, 16, 16758)
BAR = 1.5


def differentiated(x, target):
    """The loss written as the reference writes it, and its gradient."""
    total = 0.0
    for size, mels in MEL_SCALES:
        filters = torch.tensor(mel_filterbank(RATE, size, mels)).T
        goal = log_mels(target.flatten(0, 1), size, filters)
        total = total + (log_mels(x.flatten(0, 1), size, filters) - goal).abs().mean()
    return torch.autograd.grad(total, x)[0]


def log_mels(rows, size, filters):
    """Log10 mel magnitudes [rows, frames, mels]."""
    spectra = torch.stft(rows, size, size // 4, window=torch.hann_window(size), return_complex=True)
    return (spectra.abs().transpose(1, 2) @ filters).clamp_min(1e-5).log10()


def main():
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    table = Table(f"Mel loss of {SHAPE}, {torch.get_num_threads()} threads", "torch")
    torch.manual_seed(0)
    x, target = (0.1 * torch.randn(SHAPE) for _ in range(2))
    x.requires_grad_()
    loss = MelLoss(RATE)

    def ours():
        return torch.autograd.grad(loss(x, target), x)[0]

    torch.testing.assert_close(ours(), differentiated(x, target), atol=1e-7, rtol=1e-2)
    table.versus("value and gradient", best(ours, 7), best(lambda: differentiated(x, target), 7), BAR)
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main())
