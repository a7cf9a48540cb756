"""``sepstudio separate``: take recordings apart without a window."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import Input, collect
from sepstudio.batch.naming import DEFAULT_TEMPLATE, NameTemplate
from sepstudio.batch.outputs import (
    DEPTHS,
    FORMATS,
    POLICIES,
    FileFormat,
    prepare_folder,
)
from sepstudio.commands.attempts import exit_status
from sepstudio.commands.matrices import matrices_path
from sepstudio.commands.method_options import add_method_options, escaped, method_params
from sepstudio.commands.overwriting import Overwriting, ask_on_terminal
from sepstudio.commands.parser import Parser, seconds
from sepstudio.commands.references import (
    ReferenceOptions,
    add_reference_options,
    add_stem_options,
    reference_options,
    stem_options,
)
from sepstudio.commands.results import tell
from sepstudio.commands.scores import ScoreOptions, add_score_options, score_options
from sepstudio.commands.separating import Order, attempt
from sepstudio.commands.strokes import StrokeOptions, add_stroke_options, stroke_options
from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.devices import resolve_device
from sepstudio.separation.base import MethodSpec, RunContext, needed
from sepstudio.separation.registry import method, methods, missing_methods


def main(argv: Sequence[str]) -> int:
    """Separate every input; one that fails does not stop the others.

    Returns
    -------
    int
        0 when all are done, 1 when some failed, 2 when all did.

    Raises
    ------
    UserError
        Before anything is computed, for parameters and places that cannot work.
    """
    if argv and argv[0] in missing_methods():
        method(argv[0])  # tells what is missing: the parser would only call the name unknown
    arguments = _parser().parse_args(argv)
    order = _order(arguments)
    prepare_folder(order.output)
    inputs = collect(arguments.inputs, order.output)
    if len(inputs) > 1 and not order.template.names_the_track:
        raise ParameterError("name template", order.template.text, "with {track} when there are several inputs")
    if len(inputs) > 1 and order.matrices is not None:
        raise ParameterError("--matrices", str(order.matrices), "left out with several inputs: it is one file")
    inputs = order.scores.scored(inputs, is_needed="score" in needed(order.spec, order.params))
    if "strokes" in needed(order.spec, order.params):
        inputs = order.strokes.stroked(inputs)
    order = dataclasses.replace(order, many=len(inputs) > 1)
    if order.project:
        prepare_folder(order.project if order.many else order.project.absolute().parent)
    with terminating_cleanly():
        return _separate_all(order, inputs, as_json=arguments.json)


def _separate_all(order: Order, inputs: Sequence[Input], *, as_json: bool) -> int:
    failed = 0
    for number, source in enumerate(inputs, 1):
        title = source.track if len(inputs) == 1 else f"[{number}/{len(inputs)}] {source.track}"
        outcome = attempt(order, source, title)
        tell(outcome, as_json=as_json)
        failed += outcome.status == "failed"
    return exit_status(failed, len(inputs))


def _order(arguments: argparse.Namespace) -> Order:
    spec: MethodSpec = arguments.spec
    missing = spec.needs - {"score", "strokes", "references", "stems", "scene"}
    if missing:
        needs = " and ".join(sorted(missing))
        raise MissingInputError(f"{spec.title} cannot run here", f"it needs {needs}", "run it in the window")
    if arguments.stop is not None and arguments.stop <= arguments.start:
        raise ParameterError("--stop", arguments.stop, f"later than --start ({arguments.start:g})")
    if arguments.device != "auto":
        # What cannot work is told before any file is read; "auto" always finds something.
        resolve_device(arguments.device, spec.devices)
    return Order(
        spec=spec,
        params=method_params(spec, arguments),
        context=RunContext(seed=arguments.seed, device=arguments.device, threads=_cores()),
        output=arguments.output,
        template=NameTemplate(arguments.name_template),
        file_format=FileFormat.named(arguments.format, arguments.subtype),
        overwriting=Overwriting(arguments.overwrite, ask_on_terminal()),
        start=arguments.start,
        stop=arguments.stop,
        project=arguments.project,
        scores=score_options(arguments) if "score" in spec.needs else ScoreOptions(),
        strokes=stroke_options(arguments) if "strokes" in spec.needs else StrokeOptions(),
        references=reference_options(spec.title, arguments) if "references" in spec.needs else ReferenceOptions(),
        stems=stem_options(spec.title, arguments) if "stems" in spec.needs else ReferenceOptions(),
        matrices=matrices_path(arguments.matrices) if arguments.matrices else None,
    )


def _cores() -> int:
    # Not os.cpu_count(): a container or taskset may grant fewer.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio separate",
        description="Take recordings apart. Written files are listed on stdout, progress and problems go to stderr.",
        epilog="Status: 0 done, 1 some inputs failed, 2 nothing could be done, 130 interrupted.",
    )
    choices: Any = parser.add_subparsers(metavar="METHOD", required=True, parser_class=Parser)
    for spec in methods().values():
        summary = escaped(spec.summary)
        one = choices.add_parser(spec.id, help=f"{escaped(spec.title)}: {summary}", description=summary)
        one.set_defaults(spec=spec)
        _add_common_options(one)
        if "score" in spec.needs:
            add_score_options(one)
        if "strokes" in spec.needs:
            add_stroke_options(one)
        if "references" in spec.needs:
            add_reference_options(one)
        if "stems" in spec.needs:
            add_stem_options(one)
        add_method_options(one, spec)
    return parser


def _add_common_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("inputs", metavar="INPUT", nargs="+", type=Path, help="audio files, or folders to search for them")
    add("-o", "--output", metavar="DIR", type=Path, required=True, help="folder for the stems; made if missing")
    add("--format", choices=FORMATS, default="wav", help="file format (default: %(default)s)")
    add("--subtype", choices=DEPTHS, help="bits per sample (default: 24 for flac, else float)")
    add(
        "--name-template",
        metavar="TEXT",
        default=DEFAULT_TEMPLATE,
        help="names of the stems, made of {track}, {stem}, {method} and {number} (default: %(default)s)",
    )
    add(
        "--overwrite",
        choices=POLICIES,
        default="ask",
        help="what to do about files that exist; without a terminal to ask on, ask leaves the input out",
    )
    add(
        "--project",
        metavar="DIR",
        type=Path,
        help="also save a project that the studio opens; with several inputs, one for each in this folder",
    )
    add(
        "--matrices",
        metavar="FILE",
        type=Path,
        help="also write templates, activations and whatever else the method knows as arrays for numpy (.npz)",
    )
    add("--start", metavar="TIME", type=seconds, default=0.0, help="begin here: seconds or minutes:seconds")
    add("--stop", metavar="TIME", type=seconds, help="end here (default: the end of the recording)")
    add("--device", default="auto", metavar="NAME", help="compute device: auto, cpu, cuda, ... (default: auto)")
    add("--seed", type=int, default=0, metavar="N", help="seed of methods that draw random numbers (default: 0)")
    add("--json", action="store_true", help="print one JSON object per input instead of file names")
