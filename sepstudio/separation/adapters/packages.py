"""Packages of other people: whether they are there, and what to say when they cannot be loaded."""

from __future__ import annotations

import importlib
import shlex
import sys
from importlib.util import find_spec
from types import ModuleType

from sepstudio.errors import MissingToolError


def is_installed(package: str) -> bool:
    """Tell whether a package could be imported, without importing it."""
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        return False
    # A mere folder of that name in the current one is no package of anybody.
    return found is not None and found.origin is not None


def load(module: str, package: str) -> ModuleType:
    """Import a module of a package, which takes seconds where it brings torch.

    Raises
    ------
    MissingToolError
        If it, or something that it needs, is not installed or does not fit to the rest.
    """
    try:
        return importlib.import_module(module)
    # Libraries that were compiled for another torch fail with OSError.
    except (ImportError, OSError) as error:
        raise MissingToolError(
            f"the package {package} cannot be loaded",
            str(error).strip().partition("\n")[0],
            f"install it again with what it needs: {python_command('-m', 'pip', 'install', package)}",
        ) from error


def python_command(*arguments: str) -> str:
    """Return a command line for the Python that runs this program."""
    return shlex.join([sys.executable or "python", *arguments])
