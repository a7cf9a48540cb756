"""The shape of the code: small files, small functions, everything annotated."""

import ast
import io
import statistics
import tokenize
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
MAX_MEDIAN_FILE = 150
MAX_MEDIAN_FUNCTION = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef
SILENT_TOKENS = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}


def files(*folders):
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def code_lines(source):
    """The numbers of lines that hold code: no blank ones, comments or docstrings."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT_TOKENS:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def functions(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def body_lines(function, lines):
    return len(lines & set(range(function.body[0].lineno, function.end_lineno + 1)))


@cache
def measured():
    """(place, code lines) of every function of the package."""
    result = []
    for path in files("sepstudio"):
        source = path.read_text(encoding="utf-8")
        lines = code_lines(source)
        for function in functions(source):
            place = f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
            result.append((place, body_lines(function, lines)))
    return result


def unannotated(function):
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    extra = [argument for argument in (function.args.vararg, function.args.kwarg) if argument is not None]
    names = [argument.arg for argument in arguments + extra if argument.annotation is None]
    missing = [name for name in names if name not in {"self", "cls"}]
    return missing + (["return"] if function.returns is None else [])


EXAMPLE = """
def f(
    a,
):
    '''Text.

    More.
    '''
    # why

    x = [
        1,
    ]
    return x
"""


def test_the_measure_itself():
    (function,) = functions(EXAMPLE)
    assert body_lines(function, code_lines(EXAMPLE)) == 4
    assert unannotated(function) == ["a", "return"]


def test_no_file_is_too_long():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in files("sepstudio", "tests")
    }
    assert {name: n for name, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_no_function_is_too_long():
    assert [(place, n) for place, n in measured() if n > MAX_FUNCTION_LINES] == []


def test_most_files_are_short():
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in files("sepstudio")]
    median = statistics.median(n for n in lengths if n > 1)
    assert median <= MAX_MEDIAN_FILE


def test_most_functions_are_short():
    # Declarations, of protocols for example, have no code and would make the rest look shorter than it is.
    assert statistics.median(n for _, n in measured() if n) <= MAX_MEDIAN_FUNCTION


def test_every_function_is_annotated():
    gaps = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}({', '.join(unannotated(function))})"
        for path in files("sepstudio")
        for function in functions(path.read_text(encoding="utf-8"))
        if unannotated(function)
    ]
    assert gaps == []
