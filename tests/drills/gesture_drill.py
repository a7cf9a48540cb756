"""Do random things in a window with mouse and keys, undo them, do them again, and see whether anything differs.

``python tests/drills/gesture_drill.py SEQUENCES [LENGTH] [FIRST_SEED]``. A sequence that fails is cut down to
the gestures that it takes, and told; the status is then 1.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("SEPSTUDIO_CACHE_DIR", str(ROOT / "build" / "test-cache"))
LENGTH = 60


def main():
    given = [int(argument) for argument in sys.argv[1:]]
    sequences, length, first = [*given, *(1, LENGTH, 0)[len(given) :]]
    with tempfile.TemporaryDirectory() as folder:
        return drill(Path(folder), range(first, first + sequences), length)


def drill(folder, seeds, length):
    """Try seeds one after the other in one window; returns 1 as soon as one fails."""
    import pyqtgraph
    from gui.drill import Drill
    from gui.gestures import at_home_in, write_recordings
    from gui.judging import Complaints

    from sepstudio.gui.app import application, studio

    application()
    pyqtgraph.setConfigOptions(mouseRateLimit=-1)
    with at_home_in(folder), studio() as window, Complaints() as complaints:
        window.resize(1280, 800)
        window.show()
        worker = Drill(window, write_recordings(folder), complaints)
        for seed in seeds:
            wrong = worker.run_seed(seed, length)
            print(f"seed {seed}: {'WRONG' if wrong else 'ok'}", flush=True)
            if wrong:
                print(worker.report(seed, wrong))
                cut_down(worker, seed, length)
                return 1
    return 0


def cut_down(worker, seed, length):
    """Leave out gesture after gesture as long as what remains still fails."""
    from gui.hand import gestures_of

    def fails(gestures):
        worker.complaints.texts.clear()
        return worker.run(gestures, by_steps=seed % 2 == 0, start=worker.base)

    needed = gestures_of(seed, length)
    for place in reversed(range(length)):
        fewer = needed[:place] + needed[place + 1 :]
        if fails(fewer):
            needed = fewer
    wrong = fails(needed)
    print("It takes only this:" if wrong else "It does not happen again.")
    print(worker.report(seed, wrong))


if __name__ == "__main__":
    sys.exit(main())
