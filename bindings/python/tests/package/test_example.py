"""examples/torch_dataset.py: with torch where it is, and without."""

import importlib.util
import multiprocessing
import operator
import pathlib
import subprocess
import sys

import pytest

numpy = pytest.importorskip("numpy", reason="no numpy")

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "examples" / "torch_dataset.py"
COUNT = 96


def load_example():
    spec = importlib.util.spec_from_file_location("torch_dataset", PROGRAM)
    module = sys.modules["torch_dataset"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load_example()


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    path = tmp_path_factory.mktemp("dataset") / "samples.simdr"
    example.fill(path, COUNT)
    return path


def test_gives_samples_in_place(samples):
    dataset = example.StoreDataset(samples)
    assert len(dataset) == COUNT
    pixels, label = dataset[7]
    assert pixels.shape == (1024, 1024) and pixels.min() == pixels.max() == label == 7
    assert not pixels.flags.writeable and not pixels.flags.owndata
    assert dataset[-1][1] == COUNT - 1
    with pytest.raises(IndexError):
        dataset[COUNT]
    batch, labels = example.collate(dataset.__getitems__([3, 1, 2]))
    assert batch.shape == (3, 1024, 1024) and labels.tolist() == [3, 1, 2]
    dataset.close()
    assert pixels[0, 0] == 7


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_every_kind_read(samples, method, monkeypatch):
    monkeypatch.syspath_prepend(PROGRAM.parent)  # where a spawned worker finds the class
    dataset = example.StoreDataset(samples)
    with multiprocessing.get_context(method).Pool(2) as pool:
        answers = pool.starmap(operator.getitem, [(dataset, index) for index in range(5)])
    assert [(label, pixels[0, 0]) for pixels, label in answers] == [(index, index) for index in range(5)]
    dataset.close()


def test_takes_no_memory_of_its_own_for_what_it_maps(samples):
    """A new process maps the store, far larger than what it reads, and copies none of it.

    Not asked for: how much of the file it has mapped. That is the page cache's, which may map 2 MiB for a touched byte.
    """
    code = f"""
import sys
sys.path.insert(0, {str(PROGRAM.parent)!r})
import torch_dataset

def own():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) << 10

before = own()
dataset = torch_dataset.StoreDataset({str(samples)!r})
assert [int(dataset[index][0].sum()) >> 20 for index in (5, 50)] == [5, 50]
print(own() - before)
"""
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert samples.stat().st_size > 96 << 20
    assert grown < 16 << 20, f"{grown >> 20} MiB of its own"


def test_program_runs(tmp_path):
    done = subprocess.run([sys.executable, PROGRAM, tmp_path / "s"], capture_output=True, text=True, check=True)
    assert done.stdout.count("(4, 1024, 1024)") == 4
    assert subprocess.run([sys.executable, PROGRAM], capture_output=True).returncode != 0


def test_torch_loads_batches(samples):
    torch = pytest.importorskip("torch", reason="torch is not installed; install it into the environment to run this")
    dataset = example.StoreDataset(samples)
    loader = torch.utils.data.DataLoader(dataset, batch_size=8, num_workers=2, collate_fn=example.collate)
    labels = [label for _, batch in loader for label in batch.tolist()]
    assert labels == list(range(COUNT))
