"""``sepstudio codec experiment``: scenes in several conditions, measured, and as a listening test."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepstudio.batch.experiment_tables import experiment_json, table_lines, write_scores
from sepstudio.batch.experiments import at_one_rate, experiment_steps
from sepstudio.batch.inputs import Input, collect
from sepstudio.codec.conditions import PAPER_CONDITIONS, Condition
from sepstudio.commands.attempts import attempted, exit_status
from sepstudio.commands.codec_options import CONVENTIONS, add_act, add_convention, add_device
from sepstudio.commands.exits import BAD_INPUT, complain
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import ParameterError, UserError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.hoa import Convention, as_ambix
from sepstudio.listening_tests.building import SHORTEST_SECONDS, Excerpt, Plan
from sepstudio.listening_tests.definition import LONGEST_SECONDS
from sepstudio.nn.devices import resolve_device

_DEVICES = ("cpu", "cuda")
_SECONDS = 10.0
_QUESTION = "How good is the overall quality, in sound and in space, compared with the reference?"


def add_experiment(acts: Any) -> None:
    """Add the sub-command."""
    text = "put scenes through anchors, Opus and the codec, measure them, and make a listening test of them"
    made = add_act(acts, "experiment", _experiment, text)
    usual = ",".join(condition.text for condition in PAPER_CONDITIONS)
    add = made.add_argument
    add("inputs", metavar="FOLDER", nargs="+", type=Path, help="folders to search for scenes, or audio files")
    add("-o", "--output", metavar="OUT", type=Path, required=True, help="folder for the test and the scores")
    text = f"conditions, with commas between (default: {usual})"
    add("--conditions", metavar="LIST", default=usual, help=text)
    text = "one more condition, such as mid-anchor, first-order, w-only, opus:2:160 or codec:MODEL:9; may be repeated"
    add("--add", metavar="CONDITION", action="append", default=[], help=text)
    add("--start", type=float, default=0.0, metavar="S", help="where excerpts begin, in seconds (default: %(default)g)")
    text = f"how long they are at most, {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} (default: %(default)g)"
    add("--seconds", type=float, default=_SECONDS, metavar="S", help=text)
    add("--name", default="", metavar="NAME", help="of the listening test (default: that of the folder)")
    add("--seed", type=int, default=0, metavar="N", help="decides on the orders in the test (default: %(default)s)")
    text = "what the scenes are to be heard through (default: %(default)s)"
    add("--renderer", default="binaural", metavar="NAME", help=text)
    add_convention(made, "the scenes")
    add_device(made)


def _experiment(arguments: argparse.Namespace) -> int:
    conditions = [Condition.from_text(text) for text in (*arguments.conditions.split(","), *arguments.add)]
    for condition in conditions:
        # What a model cannot do is told before anything is computed.
        condition.bits_per_second()
    if not SHORTEST_SECONDS <= arguments.seconds <= LONGEST_SECONDS:
        raise ParameterError("--seconds", arguments.seconds, f"from {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g}")
    device = resolve_device(arguments.device, _DEVICES)
    sources = collect(arguments.inputs, arguments.output)
    span = (arguments.start, arguments.start + arguments.seconds)
    excerpts, failed = _excerpts(sources, CONVENTIONS[arguments.convention], span)
    if not excerpts:
        return max(exit_status(failed, len(sources)), BAD_INPUT)
    resampled = at_one_rate(excerpts)
    for before, after in zip(excerpts, resampled, strict=True):
        if before.clip is not after.clip:
            rates = f"{before.clip.sample_rate} to {after.clip.sample_rate} Hz"
            complain(f"note: {before.name} is resampled from {rates}, for tests have one rate")
    name = arguments.name or arguments.output.resolve().name
    plan = Plan(name, question=_QUESTION, seed=arguments.seed, renderer=arguments.renderer)
    steps = experiment_steps(arguments.output, plan, resampled, conditions, device=device)
    with ProgressLine(f"{len(excerpts)} scenes") as line:
        found = drive(steps, lambda done: line.show(done, "compare"))
    write_scores(arguments.output, found)
    print(json.dumps(experiment_json(found)) if arguments.json else "\n".join(table_lines(found)), flush=True)  # noqa: T201
    if not arguments.json:
        print(f"\n{found.built.path}", flush=True)  # noqa: T201
    return exit_status(failed, len(sources))


def _excerpts(sources: Sequence[Input], convention: Convention, span: tuple[float, float]) -> tuple[list[Excerpt], int]:
    """Return what is heard of each scene, and how many recordings are none."""
    excerpts = []
    for source in sources:
        found = attempted(source.path, lambda: _excerpt(source, convention, span))  # noqa: B023 - called at once
        if isinstance(found, UserError):
            complain(found)
        else:
            excerpts.append(found)
    return excerpts, len(sources) - len(excerpts)


def _excerpt(source: Input, convention: Convention, span: tuple[float, float]) -> Excerpt:
    if source.problem is not None:
        raise source.problem
    with ProgressLine(source.track) as line:
        clip = drive(open_audio_steps(source.path), lambda done: line.show(done, "read"))
    try:
        scene = as_ambix(clip, convention)
    except UserError as error:
        raise type(error)(str(source.path), f"its {error.what} {error.why}", error.remedy) from error
    start, stop = span[0], min(span[1], scene.duration)
    if start < 0 or stop - start < SHORTEST_SECONDS:
        why = f"has less than {SHORTEST_SECONDS:g} s from {start:g} s on"
        raise UserError(str(source.path), why, "choose another --start, or a longer recording")
    return Excerpt(source.track, scene, start, stop)
