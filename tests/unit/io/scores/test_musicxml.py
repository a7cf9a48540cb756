"""MusicXML as scores."""

import zipfile

import pytest

from sepstudio.errors import ScoreFileError
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.reading import import_score, read_score

HEAD = '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="3.1"><part-list>{parts}</part-list>'
REPEAT = '<barline location="{side}"><repeat direction="{way}"/></barline>'


def part_names(*names):
    return "".join(
        f'<score-part id="P{k}"><part-name>{name}</part-name></score-part>' for k, name in enumerate(names, 1)
    )


def note(step, octave, quarters, *, staff=1, extra="", alter=0):
    return (
        f"<note>{'<grace/>' if quarters == 0 else ''}"
        f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
        + (f"<duration>{quarters * 2}</duration>" if quarters else "")
        + f"{extra}<voice>{staff}</voice><staff>{staff}</staff></note>"
    )


def measures(*bodies, staves=1):
    attributes = (
        "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
        f"<staves>{staves}</staves></attributes>"
    )
    return "".join(
        f'<measure number="{k}">{attributes if k == 1 else ""}{body}</measure>' for k, body in enumerate(bodies, 1)
    )


def sound(tempo):
    return "<direction><direction-type><words>x</words></direction-type>" + f'<sound tempo="{tempo}"/></direction>'


@pytest.fixture
def save(tmp_path):
    def saved(*parts, names=("Piano",), name="piece.musicxml"):
        body = "".join(f'<part id="P{k}">{part}</part>' for k, part in enumerate(parts, 1))
        path = tmp_path / name
        path.write_text(HEAD.format(parts=part_names(*names)) + body + "</score-partwise>")
        return path

    return saved


def times(score):
    return [(round(item.onset, 6), round(item.duration, 6), item.pitch) for item in score.notes]


def test_times_follow_the_tempo_and_its_changes(save):
    path = save(measures(sound(60) + note("C", 4, 4), sound(240) + note("D", 4, 2) + note("E", 4, 2, alter=-1)))
    imported = import_score(path)
    assert times(imported.score) == [(0.0, 4.0, 60), (4.0, 0.5, 62), (4.5, 0.5, 63)]
    assert imported.score.tracks == ("Piano",)
    assert not imported.score.aligned
    assert imported.remarks == ()


def test_a_metronome_mark_without_a_sound_counts(save):
    mark = (
        "<direction><direction-type><metronome><beat-unit>half</beat-unit><beat-unit-dot/>"
        "<per-minute>ca. 40</per-minute></metronome></direction-type></direction>"
    )
    assert times(read_score(save(measures(mark + note("C", 4, 4))))) == [(0.0, 2.0, 60)]


def test_without_a_tempo_that_is_said(save):
    imported = import_score(save(measures(note("C", 4, 4))))
    assert times(imported.score) == [(0.0, 2.0, 60)]
    assert "120 quarter notes" in imported.remarks[0]


def test_ties_are_one_note(save):
    start, stop = '<tie type="start"/>', '<tie type="stop"/>'
    path = save(measures(sound(60) + note("C", 4, 4, extra=start), note("C", 4, 2, extra=stop) + note("C", 4, 2)))
    assert times(read_score(path)) == [(0.0, 6.0, 60), (6.0, 2.0, 60)]


def test_repeats_are_played_or_not_and_bring_their_tempo_back(save):
    path = save(
        measures(
            sound(60) + note("C", 4, 4),
            REPEAT.format(side="left", way="forward") + note("D", 4, 4),
            sound(120) + note("E", 4, 4) + REPEAT.format(side="right", way="backward"),
            note("F", 4, 4),
        )
    )
    once = [(0.0, 4.0, 60), (4.0, 4.0, 62), (8.0, 2.0, 64), (10.0, 2.0, 65)]
    twice = [(0.0, 4.0, 60), (4.0, 4.0, 62), (8.0, 2.0, 64), (10.0, 4.0, 62), (14.0, 2.0, 64), (16.0, 2.0, 65)]
    assert times(read_score(path, ImportOptions(repeats=False))) == once
    assert times(read_score(path)) == twice


def test_endings_of_a_repeat_are_played_in_turn(save):
    def ending(number, kind, side, repeat=""):
        return f'<barline location="{side}"><ending number="{number}" type="{kind}"/>{repeat}</barline>'

    back = '<repeat direction="backward"/>'
    path = save(
        measures(
            sound(240) + note("C", 4, 4),
            ending(1, "start", "left") + note("D", 4, 4) + ending(1, "stop", "right", back),
            ending(2, "start", "left") + note("E", 4, 4) + ending(2, "stop", "right"),
        )
    )
    assert [item.pitch for item in read_score(path).notes] == [60, 62, 60, 64]


def test_two_staves_are_two_hands(save):
    bar = note("C", 5, 4) + "<backup><duration>8</duration></backup>" + note("C", 3, 4, staff=2)
    score = read_score(save(measures(bar, staves=2)))
    assert score.tracks == ("right hand", "left hand")
    assert [(item.pitch, item.track) for item in score.notes] == [(48, "left hand"), (72, "right hand")]


def test_parts_are_tracks_and_share_their_tempo(save):
    path = save(measures(sound(60) + note("C", 5, 4)), measures(note("C", 3, 4)), names=("Violin", "Cello"))
    score = read_score(path)
    assert score.tracks == ("Violin", "Cello")
    assert {item.duration for item in score.notes} == {4.0}


def test_grace_notes_come_before_their_main_note(save):
    path = save(measures(sound(60) + note("C", 4, 2) + note("D", 4, 0) + note("E", 4, 2)))
    assert times(read_score(path)) == [(0.0, 2.0, 60), (1.92, 0.08, 62), (2.0, 2.0, 64)]


def test_a_compressed_file_is_unpacked(save, tmp_path):
    plain = save(measures(sound(60) + note("C", 4, 4)))
    packed = tmp_path / "packed.mxl"
    container = '<container><rootfiles><rootfile full-path="in/score.xml"/></rootfiles></container>'
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.write(plain, "in/score.xml")
    assert times(read_score(packed)) == [(0.0, 4.0, 60)]
    packed.write_bytes(packed.read_bytes()[:-30])
    with pytest.raises(ScoreFileError, match="compressed MusicXML"):
        read_score(packed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "no MusicXML: it holds <svg>"),
        ("<score-timewise/>", "score-partwise"),
        ("<score-partwise><part-list>", "truncated or damaged XML"),
        ("<score-partwise><part-list/></score-partwise>", "holds no notes"),
        ("just words", "no MusicXML file"),
        ("", "empty"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;</score-partwise>', "rules of"),
    ],
)
def test_other_files_are_refused(tmp_path, text, words):
    path = tmp_path / "piece.xml"
    path.write_text(text)
    with pytest.raises(ScoreFileError, match=words):
        read_score(path)


def test_a_file_that_breaks_the_format_is_refused(save):
    with pytest.raises(ScoreFileError, match="rules of MusicXML"):
        read_score(save(measures("<note><pitch><step>H</step><octave>x</octave></pitch></note>")))


def test_the_variation_of_the_test_material(shared_data):
    imported = import_score(shared_data / "piano" / "mozart_k265_var1.musicxml")
    assert imported.score.tracks == ("right hand", "left hand")
    assert len(imported.score.notes) == 218
    assert imported.score.overlapping() == frozenset()
    performed = read_score(shared_data / "piano" / "mozart_k265_var1.mid")
    assert imported.score.pitches == performed.pitches
