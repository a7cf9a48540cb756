"""What all tests of factorisations share."""

import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """Small products on two threads wait for one another longer than they compute when the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
