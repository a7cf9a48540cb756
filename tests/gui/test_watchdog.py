"""The event loop turns while the program works: no answer to an event holds the GUI thread for long.

Told by the processor time of the thread alone, which no other program changes;
``tests/benchmarks/bench_watchdog.py`` measures by the clock.
"""

import pytest
from gui.busy_hours import PHASES, open_recording
from gui.watch import Watch

pytestmark = pytest.mark.usefixtures("qapp")
# The benchmark holds all of it to 50 ms on a quiet machine. The bars leave room for slower and busier ones, where the
# same work takes more of the processor too.
BARS_MS = {"opening": 100.0, "separating": 100.0, "playing": 50.0, "moving about": 100.0}
LEAST_TURNS = 10


@pytest.mark.timeout(300)
def test_nothing_holds_the_gui_thread(in_studio, long_recording):
    def scenario(window):
        for name, phase in {"opening": lambda w: open_recording(w, long_recording), **PHASES}.items():
            with Watch() as watch:
                phase(window)
            assert watch.turns >= LEAST_TURNS, name
            assert watch.longest[0].cpu_ms <= BARS_MS[name], f"{name}: {watch.longest[0]}"

    in_studio([], scenario)
