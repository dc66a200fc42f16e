"""A dataset for torch's DataLoader over a store of any size: what is not asked for is not read.

    python torch_dataset.py FILE        fills FILE with pictures, and reads some of them in batches

It needs numpy. Torch is not needed to use the class: DataLoader asks a dataset for no more than the methods that it has.
"""

import sys

import numpy
import simdr

# What a sample is in the file. Its value starts on 64 bytes there and in memory, so it is used where it lies.
SAMPLE = numpy.dtype([("pixels", "u1", (1024, 1024)), ("label", "<i8")])
COUNT_KEY = b"count"


def key_of(index):
    """A store keeps no keys, so they follow from the index."""
    return index.to_bytes(8, "little")


def fill(path, count, batch_size=16):
    """Writes `count` samples, each of one grey; several at a time, as batches are quicker."""
    with simdr.open(path) as store:
        for first in range(0, count, batch_size):
            samples = numpy.zeros(min(batch_size, count - first), SAMPLE)
            for place, sample in enumerate(samples):
                sample["pixels"], sample["label"] = (first + place) % 256, first + place
            store.put_many((key_of(first + place), samples[place : place + 1]) for place in range(len(samples)))
        store[COUNT_KEY] = count.to_bytes(8, "little")


class StoreDataset:
    """Samples as (pixels, label): the pixels are an array in the mapped file, shared by all processes that read them."""

    def __init__(self, path):
        self.path = path
        self._store = None
        self._count = int.from_bytes(self.store[COUNT_KEY], "little")

    @property
    def store(self):
        if self._store is None:
            self._store = simdr.open(self.path, "r")
        return self._store

    def __getstate__(self):
        """A worker that was not forked opens the file itself. One that was may use the store it finds, since that only reads."""
        return {**self.__dict__, "_store": None}

    def __len__(self):
        return self._count

    def __getitem__(self, index):
        return self._sample(self.store[key_of(range(self._count)[index])])

    def __getitems__(self, indices):
        """A batch in one call, which DataLoader prefers."""
        return [self._sample(entry) for entry in self.store.get_many(map(key_of, indices))]

    @staticmethod
    def _sample(entry):
        sample = entry.numpy(SAMPLE)[0]
        return sample["pixels"], int(sample["label"])

    def close(self):
        if self._store is not None:
            self._store.close()
            self._store = None


def collate(samples):
    """The one copy: from the file into the batch. Tensors where torch is there, else arrays."""
    pixels, labels = zip(*samples)
    batch = numpy.stack(pixels), numpy.array(labels)
    torch = sys.modules.get("torch")
    return tuple(map(torch.from_numpy, batch)) if torch else batch


def main(path):
    fill(path, 256)
    dataset = StoreDataset(path)
    try:
        import torch

        batches = torch.utils.data.DataLoader(dataset, batch_size=4, shuffle=True, num_workers=2, collate_fn=collate)
    except ImportError:
        order = numpy.random.default_rng().permutation(len(dataset)).tolist()
        batches = (collate(dataset.__getitems__(order[at : at + 4])) for at in range(0, len(order), 4))
    for _, (pixels, labels) in zip(range(4), batches):
        print(tuple(pixels.shape), labels.tolist())
    dataset.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
