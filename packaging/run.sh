#!/usr/bin/env bash
# Start SepStudio on a fresh machine: packaging/run.sh [ARGUMENTS OF sepstudio ...]
# Needs Python 3.11, 3.12 or 3.13; everything else is set up on the first start.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

need_packages $QT_PACKAGES $WINDOW_PACKAGES $SOUND_PACKAGES
need_environment ""
exec 9<&-
exec "$VENV/bin/python" -m sepstudio "$@"
