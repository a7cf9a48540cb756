"""``sepstudio models``: what is installed, and how more comes and goes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepstudio.codec.importing import import_model_steps
from sepstudio.codec.model_cards import ALL_MODELS, about, card_json, card_rows, read_any_card
from sepstudio.commands.exits import BAD_INPUT, DONE, SOME_FAILED, complain
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import CheckpointError, UnreachableError, UserError
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.card_texts import size_text
from sepstudio.nn.downloads import DownloadStep, download_steps, offline_instructions
from sepstudio.nn.library import InstalledModel, delete_model, find_model, installed, own_folder
from sepstudio.nn.model_files import SoundModel, verify_steps

_TITLE_WIDTH = 14


def main(argv: Sequence[str]) -> int:
    """Do what one of the sub-commands says.

    Returns
    -------
    int
        0, 1 when some of several models are damaged, 2 when all are.

    Raises
    ------
    UserError
        If a model is not there, or cannot be imported, downloaded or deleted.
    """
    arguments = _parser().parse_args(argv)
    with terminating_cleanly():
        return int(arguments.act(arguments))


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio models",
        description="Models are trained networks for sepstudio separate dnn and sepstudio codec. Some ship with the "
        "program, others can be imported from a file or downloaded; those of descript-audio-codec are converted.",
    )
    acts = parser.add_subparsers(metavar="ACT", required=True, parser_class=Parser)
    _add(acts, "list", _list, "show what is installed")
    _add(acts, "info", _info, "show the card of a model").add_argument(
        "name", metavar="NAME", help="an installed model, or a file"
    )
    bring = _add(acts, "import", _import, "install a model from a file, verified")
    bring.add_argument("file", metavar="FILE", type=Path)
    _add_checks(bring)
    fetch = _add(acts, "download", _download, "download a model, verify and install it; goes on where it broke off")
    fetch.add_argument("url", metavar="URL")
    _add_checks(fetch)
    verify = _add(acts, "verify", _verify, "compute the hashes of models anew")
    verify.add_argument("names", metavar="NAME", nargs="*", help="installed models or files (default: all installed)")
    _add(acts, "delete", _delete, "delete a model that you have added").add_argument("name", metavar="NAME")
    return parser


def _add(acts: Any, name: str, act: Any, text: str) -> Parser:
    made: Parser = acts.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.set_defaults(act=act)
    return made


def _add_checks(parser: Parser) -> None:
    parser.add_argument("--sha256", default="", metavar="HASH", help="refuse any other file than that of this SHA-256")
    parser.add_argument("--name", default="", help="what to call it (default: as the file)")


def _list(arguments: argparse.Namespace) -> int:
    models = [_entry(model) for model in installed()]
    if arguments.json:
        _print_json({"folder": str(own_folder()), "models": models})
        return DONE
    for entry in models:
        _print(_line(entry))
    complain(f"note: models of your own lie in {own_folder()}")
    return DONE


def _entry(model: InstalledModel) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": model.name, "path": str(model.path), "shipped": model.shipped}
    try:
        card = read_any_card(model.path)
        return plain | {"card": card_json(card), "about": about(card)}
    except CheckpointError as error:
        return plain | {"problem": str(error)}


def _line(entry: dict[str, Any]) -> str:
    origin = "shipped" if entry["shipped"] else "own"
    if "problem" in entry:
        return f"{entry['name']:<28} {origin:<8} {entry['problem']}"
    card = entry["card"]
    rate = f"{card['sample_rate'] / 1000:g} kHz"
    return f"{entry['name']:<28} {origin:<8} {size_text(card['size']):>9}  {rate:>8}  {entry['about']}"


def _info(arguments: argparse.Namespace) -> int:
    path = find_model(arguments.name)
    card = read_any_card(path)
    if arguments.json:
        _print_json({"path": str(path)} | card_json(card))
        return DONE
    _print(f"{card.name}\n{card.summary}\n".replace("\n\n", "\n"))
    for title, text in (*card_rows(card), ("File", str(path))):
        _print(f"{title:<{_TITLE_WIDTH}}{text}")
    if card.figures:
        _print("\nFigures")
        width = max(map(len, card.figures))
        for name, value in card.figures.items():
            _print(f"  {name:<{width}}  {value:g}")
    return DONE


def _import(arguments: argparse.Namespace) -> int:
    steps = import_model_steps(arguments.file, name=arguments.name, sha256=arguments.sha256)
    with ProgressLine(arguments.file.name) as progress:
        return _tell_installed(drive(steps, lambda done: progress.show(done, "import")), as_json=arguments.json)


def _download(arguments: argparse.Namespace) -> int:
    steps = download_steps(arguments.url, sha256=arguments.sha256, name=arguments.name, install=import_model_steps)

    def show(step: DownloadStep) -> None:
        progress.show(step.fraction, step.text)

    with ProgressLine("download") as progress:
        try:
            model = drive(steps, show)
        except UnreachableError:
            for number, line in enumerate(offline_instructions(arguments.url, arguments.sha256), 1):
                complain(f"without a network, {number}: {line}")
            raise
    return _tell_installed(model, as_json=arguments.json)


def _tell_installed(model: InstalledModel, *, as_json: bool) -> int:
    if as_json:
        _print_json(_entry(model))
    else:
        _print(f"{model.name}: {model.path}")
    return DONE


def _verify(arguments: argparse.Namespace) -> int:
    paths = {name: find_model(name) for name in arguments.names} or {model.name: model.path for model in installed()}
    results = {name: _verified(name, path) for name, path in paths.items()}
    sound = {name: result for name, result in results.items() if isinstance(result, SoundModel)}
    if arguments.json:
        _print_json({name: _verdict(result) for name, result in results.items()})
    else:
        for name, result in sound.items():
            _print(f"{name}: sound, SHA-256 of the file {result.file_sha256}")
    for error in results.values():
        if isinstance(error, UserError):
            complain(error)
    if len(sound) == len(results):
        return DONE
    return SOME_FAILED if sound else BAD_INPUT


def _verified(name: str, path: Path) -> SoundModel | UserError:
    with ProgressLine(name) as progress:
        try:
            return drive(verify_steps(path, ALL_MODELS), lambda done: progress.show(done, "verify"))
        except UserError as error:
            return error


def _verdict(result: SoundModel | UserError) -> dict[str, Any]:
    if isinstance(result, UserError):
        return {"sound": False, "problem": str(result)}
    return {"sound": True, "sha256": result.card.sha256, "file_sha256": result.file_sha256}


def _delete(arguments: argparse.Namespace) -> int:
    delete_model(arguments.name)
    if arguments.json:
        _print_json({"deleted": arguments.name})
    else:
        _print(f"{arguments.name}: deleted")
    return DONE


def _print_json(values: dict[str, Any]) -> None:
    _print(json.dumps(values, indent=2))


def _print(text: str) -> None:
    print(text, file=sys.stdout, flush=True)  # noqa: T201
