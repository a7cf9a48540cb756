"""``python -m sepstudio``."""

from __future__ import annotations

import sys

from sepstudio.cli import main

if __name__ == "__main__":
    sys.exit(main())
