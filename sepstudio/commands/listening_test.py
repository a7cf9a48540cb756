"""``sepstudio listening-test``: look at listening tests before they are run, and at what came of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sepstudio.commands.attempts import attempted, exit_status
from sepstudio.commands.exits import DONE, complain
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import ListeningTestError, UserError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, write_failure
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.listening_tests.analysis import Analysis, analyse
from sepstudio.listening_tests.checking import Finding, check_steps
from sepstudio.listening_tests.definition import ListeningTest
from sepstudio.listening_tests.definition_files import SUFFIXES, read_test, write_test
from sepstudio.listening_tests.foreign import is_webmushra, read_webmushra_results, read_webmushra_test
from sepstudio.listening_tests.plots import plot_svg
from sepstudio.listening_tests.results import Rating, collected, read_ratings, read_rows, write_ratings
from sepstudio.listening_tests.screening import RULES
from sepstudio.listening_tests.session import sessions_of


def main(argv: Sequence[str]) -> int:
    """Do what one of the sub-commands says.

    Returns
    -------
    int
        0 when all is well, 1 when some tests are not, 2 when none is.

    Raises
    ------
    UserError
        For results that cannot be used.
    """
    arguments = _parser().parse_args(argv)
    with terminating_cleanly():
        return int(arguments.act(arguments))


def _check(arguments: argparse.Namespace) -> int:
    failed = 0
    for path in arguments.tests:
        told = attempted(path, lambda: _checked(path))  # noqa: B023 - called at once
        if isinstance(told, UserError):
            complain(told)
            failed += 1
            continue
        test, findings = told
        failed += any(finding.is_error for finding in findings)
        if arguments.json:
            _print(json.dumps(_facts(path, test, findings)))
        else:
            _print("\n".join(_test_lines(path, test, findings)))
    return exit_status(failed, len(arguments.tests))


def _checked(path: Path) -> tuple[ListeningTest, tuple[Finding, ...]]:
    test = read_test(path)
    with ProgressLine("listening-test") as line:
        return test, drive(check_steps(test), lambda fraction: line.show(fraction, "check"))


def _facts(path: Path, test: ListeningTest, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "file": str(path),
        "kind": test.kind,
        "name": test.name,
        "trials": [trial.name for trial in test.rated_trials],
        "conditions": {label.name: {"role": label.role, "gain_db": label.gain_db} for label in test.conditions},
        "repetitions": test.repetitions,
        "findings": [asdict(finding) for finding in findings],
    }


def _test_lines(path: Path, test: ListeningTest, findings: Sequence[Finding]) -> Iterator[str]:
    pages = len(test.rated_trials) * test.repetitions
    yield f"{display_name(path)}: {test.name}, {test.kind}, {pages} pages"
    width = max(len(label.name) for label in test.conditions) + 2
    for label in test.conditions:
        yield f"  {label.name:<{width}}{label.role:<12}{label.gain_db:+6.2f} dB  {label.shown}"
    for finding in findings:
        yield f"  {'error' if finding.is_error else 'note'}: {finding.text}"
    if not any(finding.is_error for finding in findings):
        yield "  ready: all files are there and can be compared"


def _results(arguments: argparse.Namespace) -> int:
    ratings: list[Rating] = []
    tests: list[ListeningTest] = []
    for path in arguments.inputs:
        if path.suffix.lower() in SUFFIXES:
            tests.append(read_test(path))
            ratings += collected(tests[-1], arguments.sessions or sessions_of(path))
        else:
            ratings += _table(path)
    conditions = [label.name for test in tests for label in test.conditions]
    items = [trial.name for test in tests for trial in test.trials]
    found = analyse(ratings, rule=arguments.screening, conditions=conditions, items=items, seed=arguments.seed)
    titles = {label.name: label.shown for test in tests for label in test.conditions}
    titles |= {trial.name: trial.shown for test in tests for trial in test.trials}
    if arguments.output is not None:
        _write(arguments.output, found, titles)
    _print(json.dumps(found.to_json()) if arguments.json else "\n".join(found.lines(titles)))
    return DONE


def _table(path: Path) -> list[Rating]:
    return read_webmushra_results(path) if is_webmushra(read_rows(path)[0]) else read_ratings(path)


def _write(folder: Path, found: Analysis, titles: dict[str, str]) -> None:
    texts = {"results.json": json.dumps(found.to_json(), indent=2) + "\n"}
    texts["results.txt"] = "\n".join(found.lines(titles)) + "\n"
    if found.summaries:
        texts["means.svg"] = plot_svg(found, style="mean", titles=titles)
        texts["medians.svg"] = plot_svg(found, style="median", titles=titles)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with replacing(folder / name) as temp:
                temp.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ListeningTestError(*write_failure(folder, error)) from error
    write_ratings(folder / "ratings.csv", found.ratings)


def _import(arguments: argparse.Namespace) -> int:
    test = read_webmushra_test(arguments.experiment)
    if arguments.output.exists():
        name = display_name(arguments.output)
        raise ListeningTestError(name, "exists already", "choose another name or remove it")
    write_test(arguments.output, test)
    _print(str(arguments.output))
    return DONE


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio listening-test",
        description="Look at definitions of listening tests (MUSHRA, AB, ABX) and at their results.",
        epilog="Status: 0 done, 1 some tests have errors, 2 nothing could be done, 130 interrupted.",
    )
    acts = parser.add_subparsers(metavar="ACT", required=True, parser_class=Parser)
    check = _act(acts, "check", _check, "look whether all files of a test are there and can be compared")
    check.add_argument("tests", metavar="TEST", nargs="+", type=Path, help="definitions (.yaml)")
    check.add_argument("--json", action="store_true", help="print one JSON object for each test")
    _add_results(acts)
    imported = _act(acts, "import", _import, "make a definition of the MUSHRA pages of a webMUSHRA experiment")
    imported.add_argument("experiment", metavar="EXPERIMENT", type=Path, help="its configuration (.yaml)")
    imported.add_argument("-o", "--output", metavar="TEST", type=Path, required=True, help="definition to write")
    return parser


def _add_results(acts: Any) -> None:
    results = _act(acts, "results", _results, "screen listeners and sum up their answers")
    add = results.add_argument
    text = "definitions (.yaml), whose sessions are looked up, and tables of ratings (.csv), webMUSHRA's among them"
    add("inputs", metavar="INPUT", nargs="+", type=Path, help=text)
    add("--sessions", metavar="DIR", type=Path, help="folder of sessions (default: TEST.sessions beside TEST.yaml)")
    text = "who is left out: by ITU-R BS.1534-3 (default), by the stricter rule of MPEG, or nobody"
    add("--screening", choices=RULES, default="bs1534", help=text)
    add("--seed", metavar="N", type=int, default=0, help="of the bootstrap")
    text = "folder for ratings.csv, results.txt, results.json and, of MUSHRA, plots as SVG"
    add("-o", "--output", metavar="OUT", type=Path, help=text)
    add("--json", action="store_true", help="print one JSON object")


def _act(acts: Any, name: str, act: Any, text: str) -> Parser:
    made: Parser = acts.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    made.set_defaults(act=act)
    return made
