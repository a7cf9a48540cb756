"""Two hundred random sequences of gestures: undone to the start and done again, nothing may differ."""

import pytest
from gui.drill import Drill
from gui.gestures import MIDDLE, click, wait_until, write_recordings
from gui.hand import Hand
from gui.judging import Complaints, contradictions

pytestmark = pytest.mark.usefixtures("qapp")
BLOCKS, SEQUENCES, LENGTH = 8, 25, 25


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_a_hand_does_can_be_undone_and_done_again(in_studio, tmp_path, block):
    def scenario(window):
        with Complaints() as complaints:
            drill = Drill(window, write_recordings(tmp_path), complaints)
            for seed in range(block * SEQUENCES, (block + 1) * SEQUENCES):
                wrong = drill.run_seed(seed, LENGTH)
                assert not wrong, drill.report(seed, wrong)

    in_studio([], scenario)


def test_the_lane_of_another_recording_is_not_heard_on_this_timeline(in_studio, tmp_path):
    def scenario(window):
        window.open_paths(write_recordings(tmp_path))
        wait_until(lambda: len(window.session.sources) == 3)
        with Complaints() as complaints:
            for source_id in window.session.sources:
                click(window.tab.stems.row(source_id).solo, button=MIDDLE)
                assert not contradictions(window)
        assert not complaints.texts

    in_studio([], scenario)


def test_a_run_that_is_opened_shows_which_of_its_lanes_are_heard(in_studio, tmp_path):
    def scenario(window):
        hand = Hand(window, write_recordings(tmp_path))
        hand.prepare()
        for block in window.tab.stems._blocks.values():
            block.title.click()
        assert not contradictions(window)
        window.session.stack.undo()
        hand.look_at_first()
        window.session.stack.redo()
        assert not contradictions(window)

    in_studio([], scenario)
