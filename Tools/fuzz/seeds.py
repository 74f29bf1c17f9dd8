#!/usr/bin/env python3
"""Makes the first inputs of each fuzzer from Tests/Fixtures, and the dictionary of words that files are made of.

    Tools/fuzz/seeds.py FOLDER

Writes FOLDER/corpus/<exercise>/<seed> and FOLDER/words.txt. Needs nothing but Python's own library.
"""

import hashlib
import json
import pathlib
import re
import struct
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Tests" / "Fixtures"
LARGEST = {"config": 6000, "keras": 24000, "zip": 6000, "npy": 1000, "h5": 40000, "hdf5": 24000, "legacy": 8000}
FORMAT_WORDS = [
    b"\x89HDF\r\n\x1a\n",
    b"TREE",
    b"HEAP",
    b"SNOD",
    b"OHDR",
    b"OCHK",
    b"GCOL",
    b"FRHP",
    b"BTHD",
    b"FADB",
    b"EADB",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
    b"\x93NUMPY\x01\x00",
    b"'descr': '<f4'",
    b"'fortran_order': True",
    b"'shape': (3, 4)",
    b"<U8",
    b"|S5",
    b"|b1",
    b">f8",
    b"layer_names",
    b"weight_names",
    b"model_weights",
    b"model_config",
    b"keras_version",
    b"backend",
    b"layers",
    b"vars",
]
NUMBERS = [0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 1]
JSON_WORDS = ["null", "true", "NaN", "-Infinity", "1e308", "-1", "0", "4294967296", "9223372036854775807", "[[]]", "{}"]


def attribute_text(data, name):
    """The JSON that an HDF5 file holds under the attribute `name`, found by its first brace."""
    place = data.find(name)
    start = data.find(b'{"', max(place, 0))
    if start < 0:
        return None
    try:
        _, end = json.JSONDecoder().raw_decode(data[start:].decode("latin-1"))
    except ValueError:
        return None
    return data[start : start + end]


def seeds():
    """Pairs of an exercise and an input."""
    for path in sorted(FIXTURES.rglob("*")):
        if path.name == "model.keras":
            data = path.read_bytes()
            yield "zip", data
            with zipfile.ZipFile(path) as archive:
                config = archive.read("config.json")
                yield "config", config
                if "model.weights.h5" in archive.namelist():
                    weights = archive.read("model.weights.h5")
                    yield "keras", config + b"\0" + weights
                    yield "hdf5", weights
        elif path.suffix == ".h5":
            data = path.read_bytes()
            yield "h5", data
            yield "hdf5", data
            config = attribute_text(data, b"model_config")
            if config:
                yield "legacy", b"1" + config
                yield "legacy", b"2" + config
        elif path.suffix == ".npy":
            yield "npy", path.read_bytes()
    for path in sorted((ROOT / "Tests").rglob("*.npz")):
        yield "npz", path.read_bytes()


def structure(exercise, data):
    """What two seeds have in common that teach a fuzzer the same: words for JSON, and sizes otherwise."""
    if exercise in ("config", "legacy", "keras"):
        words = re.findall(rb'"([A-Za-z_]+)"', data.split(b"\0")[0])
        return hashlib.sha1(b" ".join(sorted(set(words)))).hexdigest()
    return f"{len(data):x}-{hashlib.sha1(data[:64]).hexdigest()}"


def words(configs):
    """Keys and class names, from the files themselves."""
    found = set()
    for config in configs:
        found.update(re.findall(rb'"[A-Za-z_0-9]{3,40}"', config.split(b"\0")[0]))
    numbers = [struct.pack("<Q", number) for number in NUMBERS] + [
        struct.pack("<I", n & 0xFFFFFFFF) for n in NUMBERS[:8]
    ]
    return sorted(found) + [word.encode() for word in JSON_WORDS] + FORMAT_WORDS + numbers


def main():
    folder = pathlib.Path(sys.argv[1])
    kept = {}
    for exercise, data in seeds():
        if len(data) <= LARGEST.get(exercise, 1 << 20):
            kept.setdefault((exercise, structure(exercise, data)), data)
    for (exercise, _), data in kept.items():
        target = folder / "corpus" / exercise
        target.mkdir(parents=True, exist_ok=True)
        (target / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)
    for path in sorted((ROOT / "Tests" / "Corpus").glob("*/*")):
        target = folder / "corpus" / path.parent.name
        target.mkdir(parents=True, exist_ok=True)
        (target / path.name).write_bytes(path.read_bytes())
    lines = [
        '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"'
        for word in words(data for (exercise, _), data in kept.items() if exercise in ("config", "legacy", "keras"))
    ]
    (folder / "words.txt").write_text("\n".join(lines) + "\n")


main()
