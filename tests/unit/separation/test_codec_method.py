"""The codec as a method: conventions, lengths, tokens to go on from, and what is refused."""

import dataclasses

import numpy as np
import pytest
from codec_scenes import RATE, SMALL, install_codec, scene
from tiny_codecs import tiny_codec

from sepstudio.codec.config import CodecConfig
from sepstudio.errors import AudioFileError, CheckpointError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import RunContext
from sepstudio.separation.codec_method import METHOD, CodecParams
from sepstudio.separation.codec_results import codes_of, model_of, rate_of

PARAMS = CodecParams(level=False)


@pytest.fixture(autouse=True)
def model(own_home):
    return install_codec()


def run(mixture, params=PARAMS, **context):
    steps, told = METHOD.run(mixture, params, context=RunContext(device="cpu", **context)), []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as stop:
            return stop.value, told


def test_a_scene_is_encoded_and_decoded_as_the_codec_does():
    mixture = AudioClip(scene(0.5), RATE)
    result, told = run(mixture)
    codec = tiny_codec(SMALL)
    codes = codec.encode(mixture.samples, RATE)
    decoded = result.stems["decoded"]
    assert (decoded.channels, decoded.length, decoded.sample_rate) == (16, mixture.length, RATE)
    assert np.array_equal(result.matrices["tokens"].values, codes.codes)
    np.testing.assert_allclose(decoded.samples, codec.decode(codes).samples, atol=1e-5)
    assert result.provenance.model_hash == codec.sha256 == model_of(result.matrices)
    assert rate_of(result.matrices) == SMALL.bits_per_second()
    fractions = [step.fraction for step in told]
    assert fractions == sorted(fractions)
    assert list(dict.fromkeys(step.stage for step in told)) == [
        "loading the model",
        "encoding",
        "decoding",
    ]


@pytest.mark.parametrize("rate", [RATE, 48000])
def test_a_later_run_with_fewer_codebooks_does_not_encode(rate):
    mixture = AudioClip(scene(0.3, rate=rate), rate)
    first, _ = run(mixture)
    params = dataclasses.replace(PARAMS, codebooks=3, left_out=2)
    again, told = run(mixture, params, warm=first.matrices)
    assert "encoding" not in {step.stage for step in told}
    assert again.provenance.notes[-1] == "tokens of an earlier run"
    anew, _ = run(mixture, params)
    assert np.array_equal(again.stems["decoded"].samples, anew.stems["decoded"].samples)
    assert again.stems["decoded"].length == mixture.length
    assert not np.array_equal(again.stems["decoded"].samples, first.stems["decoded"].samples)
    assert rate_of(again.matrices) == SMALL.bits_per_second(2)


def test_tokens_of_another_model_or_stretch_are_not_gone_on_from():
    mixture = AudioClip(scene(0.3), RATE)
    first, _ = run(mixture)
    _, told = run(mixture.section(0, 4000), warm=first.matrices)
    assert "encoding" in {step.stage for step in told}
    install_codec("other", seed=1)
    _, told = run(mixture, dataclasses.replace(PARAMS, model="other"), warm=first.matrices)
    assert "encoding" in {step.stage for step in told}
    assert codes_of(None, SMALL, "", mixture.length, RATE) is None


@pytest.mark.parametrize(("ordering", "normalisation"), [("ACN", "N3D"), ("FuMa", "FuMa")])
def test_what_is_decoded_is_in_the_convention_of_the_recording(ordering, normalisation):
    from sepstudio.io.hoa import Convention, as_ambix

    convention = Convention(ordering, normalisation)
    given = AudioClip(scene(0.2), RATE)
    result, _ = run(given, CodecParams(level=False, ordering=ordering, normalisation=normalisation))
    plain, _ = run(as_ambix(given, convention))
    back = as_ambix(result.stems["decoded"], convention)
    np.testing.assert_allclose(back.samples, plain.stems["decoded"].samples, atol=1e-6)
    assert not np.allclose(result.stems["decoded"].samples, plain.stems["decoded"].samples)
    assert f"read as {convention}, and decoded to the same" in result.provenance.notes


def test_higher_orders_are_cut_and_lower_ones_refused():
    higher = AudioClip(scene(0.2, channels=25), RATE)
    result, _ = run(higher)
    assert "the first 16 of 25 channels: order 3" in result.provenance.notes
    same, _ = run(AudioClip(higher.samples[:16], RATE))
    assert np.array_equal(result.stems["decoded"].samples, same.stems["decoded"].samples)
    for channels, words in ((9, "order 2"), (2, "no Ambisonics"), (32, "no Ambisonics")):
        with pytest.raises(AudioFileError, match=words):
            run(AudioClip(scene(0.1, channels=channels), RATE))


def test_a_quiet_scene_is_encoded_at_the_usual_level():
    quiet = AudioClip(0.01 * scene(0.2), RATE)
    result, told = run(quiet, CodecParams())
    gain = 0.5 / np.abs(quiet.samples).max()
    loud, _ = run(AudioClip(gain * quiet.samples, RATE))
    assert np.array_equal(result.matrices["tokens"].values, loud.matrices["tokens"].values)
    np.testing.assert_allclose(gain * result.stems["decoded"].samples, loud.stems["decoded"].samples, atol=1e-4)
    assert "listening for the level" in {step.stage for step in told}
    assert any("dB louder, undone after" in note for note in result.provenance.notes)
    again, _ = run(quiet, CodecParams(codebooks=4), warm=result.matrices)
    assert np.array_equal(again.stems["decoded"].samples, result.stems["decoded"].samples)


def test_what_cannot_be_is_refused_by_name():
    mixture = AudioClip(scene(0.1), RATE)
    with pytest.raises(CheckpointError, match="absent"):
        run(mixture, CodecParams(model="absent"))
    with pytest.raises(ParameterError, match="codebooks"):
        run(mixture, CodecParams(codebooks=5))
    with pytest.raises(ParameterError, match="left_out"):
        CodecParams(codebooks=2, left_out=3)
    with pytest.raises(ParameterError, match="left_out"):
        CodecParams(codebooks=1, left_out=1)
    install_codec("mono", dataclasses.replace(SMALL, channels=1))
    with pytest.raises(ParameterError, match="16 channels"):
        run(mixture, CodecParams(model="mono"))


def test_a_run_can_be_left_at_any_step():
    steps = METHOD.run(AudioClip(scene(1.0), RATE), PARAMS, context=RunContext(device="cpu"))
    for _ in range(5):
        next(steps)
    steps.close()
    assert CodecConfig().channels == 16
