"""What all tests of factorisations share."""

import pytest


@pytest.fixture(autouse=True)
def factorise_on_one_thread(one_thread):
    """Every test here factorises something small."""
