"""The wheel, as a file. $SIMDR_WHEEL names it."""

import os
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest
import simdr

WHEEL = pathlib.Path(os.environ["SIMDR_WHEEL"])
EXTENSION = "simdr/_simdr.abi3.so"
LIBRARY = "simdr/libsimdr.so.0"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(WHEEL) as wheel:
        wheel.extractall(folder)
    return folder


def dynamic_section(path):
    return subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True).stdout


def test_is_for_the_stable_abi():
    assert re.fullmatch(rf"simdr-{re.escape(simdr.__version__)}-cp311-abi3-linux_\w+\.whl", WHEEL.name)


def test_has_the_library_inside(unpacked):
    assert (unpacked / LIBRARY).is_file()
    section = dynamic_section(unpacked / EXTENSION)
    assert "Shared library: [libsimdr.so.0]" in section
    assert re.findall(r"\(R(?:UN)?PATH\).*\[(.*)\]", section) == ["$ORIGIN"]
    assert "Library soname: [libsimdr.so.0]" in dynamic_section(unpacked / LIBRARY)


def test_has_types_and_no_strays(unpacked):
    files = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    source = pathlib.Path(__file__).resolve().parents[2] / "src" / "simdr"
    ours = {f"simdr/{path.name}" for path in source.iterdir() if path.suffix in (".py", ".pyi", ".typed")}
    assert "simdr/py.typed" in ours
    assert {file for file in files if not file.startswith("simdr-")} == ours | {EXTENSION, LIBRARY}


def test_exports_nothing_but_its_init(unpacked):
    symbols = subprocess.run(["nm", "-D", "--defined-only", unpacked / EXTENSION], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in symbols.splitlines()} - {"_init", "_fini"}
    assert names == {"PyInit__simdr"}


def test_works_where_it_is_unpacked(unpacked):
    """Nothing in it points to where it was built or installed."""
    code = "import simdr; print(simdr.__file__); simdr.open('x').close()"
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    environment.pop("LD_LIBRARY_PATH", None)
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=unpacked, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(unpacked / "simdr" / "__init__.py")


def test_module_is_loaded_again_beside_itself(tmp_path):
    code = """
import sys, simdr
first = simdr.Store
for name in [name for name in sys.modules if name.startswith("simdr")]:
    del sys.modules[name]
import simdr as again
assert again.Store is not first
with again.open(sys.argv[1]) as store:
    store["key"] = b"value"
    assert bytes(store["key"]) == b"value"
with first(sys.argv[1]) as store:
    assert bytes(store["key"]) == b"value"
"""
    subprocess.run([sys.executable, "-X", "dev", "-c", code, tmp_path / "s"], check=True)
