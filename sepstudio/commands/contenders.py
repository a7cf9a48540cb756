"""Methods as a benchmark names them: ``irm``, ``kam:classic``, ``dnn:MODEL``, ``kam:iterations=5``."""

from __future__ import annotations

import dataclasses
from typing import Any

from sepstudio.batch.benchmark import Contender
from sepstudio.errors import ParameterError
from sepstudio.separation.base import MethodSpec
from sepstudio.separation.parameters import param_specs, parse_value
from sepstudio.separation.presets import find_preset, user_presets
from sepstudio.separation.registry import method

MIXTURE = "mixture"
FORMS = "METHOD, METHOD:PRESET, METHOD:MODEL or METHOD:NAME=VALUE,NAME=VALUE"


def contender(text: str) -> Contender:
    """Read a method with its settings.

    After a colon come, separated by commas, the name of a preset or of a model, and values of single parameters. The
    word ``mixture`` stands for the recording itself in place of every stem.

    Raises
    ------
    ParameterError
        For an unknown method, preset or parameter, and for values that do not pass.
    MissingInputError
        If the method needs more than a song and its true stems.
    """
    if text == MIXTURE:
        return Contender(MIXTURE)
    name, _, settings = text.partition(":")
    spec = method(name)
    params = spec.params()
    given: dict[str, Any] = {}
    for setting in filter(None, settings.split(",")):
        base, values = _read(spec, setting)
        params, given = base or params, given | values
    params = dataclasses.replace(params, **given)
    found = Contender(text, spec, params)
    found.check()
    return found


def _read(spec: MethodSpec, setting: str) -> tuple[Any, dict[str, Any]]:
    """Return the parameters of a preset, if the setting is one, and the values that it gives."""
    known = {one.name: one for one in param_specs(spec.params)}
    name, equals, value = setting.partition("=")
    name = name.replace("-", "_")
    if equals and name in known:
        return None, {name: parse_value(known[name], value)}
    own = [preset.name for preset in (*spec.presets, *user_presets().presets(spec))]
    if setting in own:
        return find_preset(spec, user_presets(), setting).params, {}
    if "model" in known:
        return None, {"model": setting}
    expected = f"NAME=VALUE with one of {', '.join(known)}, or one of the presets {', '.join(own)}"
    raise ParameterError(f"setting of {spec.id}", setting, expected)
