"""Generated modules of compiled kernels, kept in the cache folder so that they compile once."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from sepstudio.paths import cache_dir


@functools.cache
def load_generated(name: str, source: str) -> ModuleType:
    """Write ``source`` to the cache folder and import it.

    numba keeps machine code only for functions that come from a file; the file's name holds
    a hash of the source, so a changed generator never meets old machine code.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    module_name = f"{name}_{digest}"
    path = _folder() / f"{module_name}.py"
    if not path.exists() or path.read_text() != source:
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(source)
        partial.replace(path)
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import the generated module {path}")
    module = importlib.util.module_from_spec(spec)
    # numba finds the module again by its name when it loads machine code from its cache.
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


def _folder() -> Path:
    try:
        folder = cache_dir() / "kernels"
        folder.mkdir(exist_ok=True)
        probe = folder / f".{os.getpid()}.probe"
        probe.touch()
        probe.unlink()
    except OSError:
        # A read-only home must not keep anyone from separating; the kernels then compile anew each time.
        return Path(tempfile.mkdtemp(prefix="sepstudio-kernels-"))
    return folder
