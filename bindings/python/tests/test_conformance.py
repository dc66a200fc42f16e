"""The vectors that all bindings pass: tests/data/conformance."""

import pathlib

import pytest
import simdr

VECTORS = pathlib.Path(__file__).resolve().parents[3] / "tests" / "data" / "conformance" / "vectors.txt"
if not VECTORS.exists():
    pytest.skip(f"no {VECTORS}", allow_module_level=True)
MODES = {"create": "c", "existing": "w", "read_only": "r", "create_new": "x"}


def read_vectors():
    """{name: [(line number, verb, arguments, outcome)]}"""
    vectors, steps = {}, None
    for number, line in enumerate(VECTORS.read_text("ascii").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        words = line.split(" ")
        if words[0] == "vector":
            assert steps is None and words[1] not in vectors, f"{VECTORS}:{number}"
            steps = vectors[words[1]] = []
        elif line == "end":
            steps = None
        else:
            arrow = words.index("=>")
            steps.append((number, words[0], words[1:arrow], words[arrow + 1 :]))
    assert steps is None and vectors
    return vectors


def read_bytes(token):
    if token == "-":
        return b""
    digits, _, count = token.partition("*")
    return bytes.fromhex(digits) * int(count or 1)


def write_bytes(data):
    return bytes(data).hex() or "-"


def write_out(token):
    return write_bytes(read_bytes(token)) if "*" in token else token


class Runner:
    """One vector. Each verb is a method; it returns the results, or raises."""

    def __init__(self, folder):
        self.folder = folder
        self.store = None

    def run(self, verb, arguments):
        try:
            return ["ok", *getattr(self, f"do_{verb}")(*arguments)]
        except simdr.Error as error:
            return [error.status_name.removeprefix("ERR_")]

    def path(self, name):
        return self.folder / name

    def entry(self, key):
        return self.store[read_bytes(key)]

    # --- of a store

    def do_open(self, file, mode, **options):
        assert self.store is None
        self.store = simdr.open(self.path(file), MODES[mode], **options)
        return []

    def do_open_verifying(self, file, mode):
        return self.do_open(file, mode, verify_reads=True)

    def do_close(self):
        store, self.store = self.store, None
        store.close()
        return []

    def do_put(self, key, value):
        self.store[read_bytes(key)] = read_bytes(value)
        return []

    def do_put_hashed(self, key_hash, value):
        self.store[simdr.KeyHash(int(key_hash, 16))] = read_bytes(value)
        return []

    def do_put_if_absent(self, key, value):
        return self.outcome(self.store.put_if_absent(read_bytes(key), read_bytes(value)), "EXISTS")

    def do_put_batch(self, *tokens):
        parts = [read_bytes(token) for token in tokens]
        self.store.put_many(zip(parts[::2], parts[1::2], strict=True))
        return []

    def do_put_stream(self, key, *pieces):
        with self.store.open_writer(read_bytes(key)) as writer:
            for piece in pieces:
                writer.write(read_bytes(piece))
        return []

    def do_get(self, key):
        return [write_bytes(self.entry(key))]

    def do_get_hashed(self, key_hash):
        return [write_bytes(self.store[simdr.KeyHash(int(key_hash, 16))])]

    def do_get_batch(self, *keys):
        entries = self.store.get_many([read_bytes(key) for key in keys])
        return ["absent" if entry is None else write_bytes(entry) for entry in entries]

    def do_exists(self, key):
        return [str(int(read_bytes(key) in self.store))]

    def do_remove(self, key):
        return self.outcome(self.store.remove(read_bytes(key)), "NOT_FOUND")

    def do_remove_batch(self, *keys):
        return [str(self.store.remove_many([read_bytes(key) for key in keys]))]

    def do_rename(self, old, new):
        self.store.rename(read_bytes(old), read_bytes(new))
        return []

    def do_count(self):
        return [str(len(self.store))]

    def do_iterate(self):
        return [write_bytes(entry) for entry in self.store]

    def do_versions(self, key):
        return [write_bytes(entry) for entry in self.store.versions(read_bytes(key))]

    def do_checksum(self, key):
        return [f"{self.entry(key).checksum:08x}"]

    def do_start_offset(self, key):
        return [str(self.entry(key).start_offset)]

    def do_aligned(self, key, number):
        return [str(int(self.entry(key).address % int(number) == 0))]

    def do_file_size(self):
        return [str(self.store.file_size)]

    def do_compact(self):
        self.store.compact()
        return []

    def do_verify(self):
        self.store.verify()
        return []

    def do_recovered(self):
        return [str(int(self.store.recovered_from is not None))]

    def do_generation(self):
        return [self.store.generation]

    def do_alignment(self):
        return [str(self.store.alignment)]

    # --- of no store

    def do_key_hash(self, key):
        return [f"{simdr.key_hash(read_bytes(key)):016x}"]

    def do_namespaced_key(self, namespace, key):
        return [write_bytes(simdr.namespaced_key(read_bytes(namespace), read_bytes(key)))]

    # --- of files

    def do_write_file(self, file, data):
        self.path(file).write_bytes(read_bytes(data))
        return []

    def do_append_file(self, file, data):
        with open(self.path(file), "ab") as appended:
            appended.write(read_bytes(data))
        return []

    def do_cut_file(self, file, size):
        with open(self.path(file), "r+b") as cut:
            cut.truncate(int(size))
        return []

    def do_flip_byte(self, file, offset):
        content = bytearray(self.path(file).read_bytes())
        content[int(offset)] ^= 0xFF
        self.path(file).write_bytes(content)
        return []

    def do_read_file(self, file):
        return [write_bytes(self.path(file).read_bytes())]

    def do_file_hash(self, file):
        return [f"{simdr.key_hash(self.path(file).read_bytes()):016x}"]

    @staticmethod
    def outcome(done, otherwise):
        if done:
            return []
        error = simdr.Error(otherwise)
        error.status_name = otherwise
        raise error


@pytest.mark.parametrize("name", list(read_vectors()))
def test_vector(name, tmp_path):
    runner = Runner(tmp_path)
    for number, verb, arguments, expected in read_vectors()[name]:
        assert runner.run(verb, arguments) == [write_out(token) for token in expected], f"{VECTORS}:{number}: {verb}"
    assert runner.store is None
