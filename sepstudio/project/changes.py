"""What changed between two JSON objects, as JSON, and how to make the newer one of the older."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# [path, value] says what is at a path of keys now, [path] that nothing is there any more.
Change = list[Any]


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Return what to change in ``old`` to get ``new``; lists change as a whole."""
    return list(_changes(old, new, []))


def _changes(old: dict[str, Any], new: dict[str, Any], path: list[str]) -> list[Change]:
    found: list[Change] = [[[*path, key]] for key in old if key not in new]
    for key, value in new.items():
        if key not in old:
            found.append([[*path, key], value])
        elif old[key] is not value and isinstance(value, dict) and isinstance(old[key], dict):
            found += _changes(old[key], value, [*path, key])
        elif old[key] is not value and not _is_equal(old[key], value):
            found.append([[*path, key], value])
    return found


def _is_equal(old: Any, new: Any) -> bool:
    # 1, 1.0 and True are equal in Python and not in JSON.
    return type(old) is type(new) and bool(old == new) and repr(old) == repr(new)


def changed(document: dict[str, Any], edits: Sequence[Change]) -> dict[str, Any]:
    """Return a document with changes made; the one that was handed in stays as it is.

    Raises
    ------
    ValueError
        If the changes are not of the form that ``changes`` gives, or do not fit the document.
    """
    try:
        for edit in edits:
            document = _with(document, [str(key) for key in edit[0]], edit[1:])
    except (LookupError, TypeError) as error:
        raise ValueError(f"a change does not fit the document ({error})") from error
    return document


def _with(document: dict[str, Any], path: Sequence[str], value: Sequence[Any]) -> dict[str, Any]:
    key, *rest = path
    if rest:
        return {**document, key: _with(document[key], rest, value)}
    if value:
        return {**document, key: value[0]}
    return {name: item for name, item in document.items() if name != key}
