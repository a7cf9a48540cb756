"""The choice of a compute device, with GPUs that are not there."""

import subprocess
import sys

import pytest

from sepstudio.errors import DeviceError
from sepstudio.nn import devices
from sepstudio.nn.devices import GpuReport, gpu_report, resolve_device

BOTH = ("cpu", "cuda")


@pytest.fixture
def gpus(monkeypatch):
    """Pretend that there are GPUs; each is given as the outcome of its self-test."""

    def pretend(*outcomes, reason=""):
        monkeypatch.setattr(devices, "_cuda_count", lambda: (len(outcomes), reason))

        def self_test(device):
            outcome = outcomes[int(device.removeprefix("cuda:"))]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(devices, "_self_test", self_test)

    return pretend


def test_auto_takes_the_first_gpu_that_works(gpus):
    gpus("")
    assert resolve_device("auto", BOTH) == "cuda:0"
    gpus("wrong numbers", "")
    assert resolve_device("auto", BOTH) == "cuda:1"


@pytest.mark.parametrize("outcome", ["wrong numbers", RuntimeError("CUDA error: no kernel image\nmore lines")])
def test_auto_falls_back_to_the_processor(gpus, outcome):
    gpus(outcome)
    assert resolve_device("auto", BOTH) == "cpu"
    gpus(reason="no driver")
    assert resolve_device("auto", BOTH) == "cpu"


def test_auto_asks_for_no_gpu_that_the_method_cannot_use(gpus):
    gpus("")
    assert resolve_device("auto", ("cpu",)) == "cpu"


def test_auto_without_any_choice_left_says_why(gpus):
    gpus(reason="no driver")
    with pytest.raises(DeviceError, match="no driver"):
        resolve_device("auto", ("cuda",))


def test_named_devices(gpus):
    gpus("", "")
    assert resolve_device("cpu", BOTH) == "cpu"
    assert resolve_device("cuda", BOTH) == "cuda:0"
    assert resolve_device("cuda:1", BOTH) == "cuda:1"


@pytest.mark.parametrize(
    ("name", "supported", "words"),
    [
        ("cuda:2", BOTH, "2 of them"),
        ("cuda", ("cpu",), "does not run on it"),
        ("cpu", ("cuda",), "does not run on it"),
        ("tpu", BOTH, "no such device"),
        ("cpu:0", BOTH, "no such device"),
        ("cuda:-1", BOTH, "no such device"),
        ("", BOTH, "no such device"),
    ],
)
def test_what_cannot_be_had_is_refused_with_a_way_out(gpus, name, supported, words):
    gpus("", "")
    with pytest.raises(DeviceError, match=words) as caught:
        resolve_device(name, supported)
    assert "choose" in caught.value.remedy


def test_a_gpu_that_fails_its_self_test_is_refused_when_named(gpus):
    gpus(RuntimeError("CUDA error: device lost\nmore lines"))
    with pytest.raises(DeviceError, match="device lost") as caught:
        resolve_device("cuda", BOTH)
    assert "\n" not in str(caught.value)


def test_the_self_test_passes_here_and_notices_wrong_numbers(monkeypatch):
    assert devices._self_test("cpu") == ""
    torch = pytest.importorskip("torch")
    true_product = torch.Tensor.__matmul__
    products = []

    def half_wrong(left, right):
        products.append(true_product(left, right))
        return products[-1] * (1.01 if len(products) == 1 else 1)

    monkeypatch.setattr(torch.Tensor, "__matmul__", half_wrong)
    assert "wrong numbers" in devices._self_test("cpu")


def test_the_warning_of_an_old_driver_becomes_the_reason(monkeypatch):
    torch = pytest.importorskip("torch")
    import warnings

    def old_driver():
        warnings.warn("The NVIDIA driver on your system is too old\nUpdate it", stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", old_driver)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    with pytest.raises(DeviceError, match="driver on your system is too old"):
        resolve_device("cuda", BOTH)


def test_without_torch_the_processor_serves_and_the_gpu_says_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert resolve_device("auto", BOTH) == "cpu"
    assert gpu_report() == []
    with pytest.raises(DeviceError, match="torch cannot be loaded"):
        resolve_device("cuda", BOTH)


def test_the_report_lists_every_gpu(gpus, monkeypatch):
    torch = pytest.importorskip("torch")
    gpus("", "wrong numbers")
    properties = type("Properties", (), {"name": "Some GPU", "total_memory": 8 << 30})
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: properties)
    assert gpu_report() == [
        GpuReport("cuda:0", "Some GPU", 8 << 30, True, ""),
        GpuReport("cuda:1", "Some GPU", 8 << 30, False, "wrong numbers"),
    ]


@pytest.mark.cuda
def test_the_gpu_of_this_machine():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    assert resolve_device("auto", BOTH) == "cuda:0"
    report = gpu_report()[0]
    assert report.ok, report.message
    assert report.memory > 1 << 30


def test_torch_is_not_loaded_for_the_processor():
    code = (
        "import sys; from sepstudio.nn.devices import resolve_device as r; r('cpu', ['cpu', 'cuda']);"
        "r('auto', ['cpu']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
