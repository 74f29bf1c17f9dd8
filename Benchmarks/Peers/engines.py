"""The engines: what each runs, where it lies on disk, and the process that answers for it."""

import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import convert

HERE = Path(__file__).resolve().parent
SITE = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
TIMEOUT = 300  # seconds for one answer


@dataclass(frozen=True)
class Engine:
    """A program that runs models."""

    name: str
    form: str | None = None  # what Keras files are converted to; None where it reads them
    runner: str | None = None  # the Python program that drives it
    distribution: str | None = None  # its name on PyPI
    packages: tuple[str, ...] = ()  # its folders in site-packages

    def file(self, source):
        """The file it reads. Raises RuntimeError where the model cannot be converted."""
        return convert.converted(source, self.form) if self.form else source

    def command(self, program):
        return [sys.executable, HERE / "runners" / self.runner] if self.runner else [program]

    def disk_bytes(self, program):
        """What has to be installed: the peer's package, or the program and the libraries that come with Swift."""
        if self.runner:
            return sum(size(file) for package in self.packages for file in (SITE / package).rglob("*"))
        return sum(size(path) for path in [program, *shared_libraries(program)])


OSTINATO = Engine("Ostinato")
PEERS = [
    Engine("ONNX Runtime", "onnx", "onnxruntime_runner.py", "onnxruntime", ("onnxruntime",)),
    Engine("OpenVINO", "openvino", "openvino_runner.py", "openvino", ("openvino",)),
    Engine("LiteRT", "tflite", "litert_runner.py", "ai-edge-litert", ("ai_edge_litert",)),
    Engine("TensorFlow", None, "tensorflow_runner.py", "tensorflow-cpu", ("tensorflow", "keras")),
]
ENGINES = [OSTINATO, *PEERS]


def size(path):
    return path.stat().st_size if path.is_file() and not path.is_symlink() else 0


def shared_libraries(program):
    """The libraries that the program names itself, other than the C library."""
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True).stdout
    names = {line.split("[")[1].rstrip("]") for line in needed.splitlines() if "(NEEDED)" in line}
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout.splitlines()
    paths = {line.split()[0]: Path(line.split()[2]).resolve() for line in listed if "=>" in line}
    return [path for name, path in paths.items() if name in names and not name.startswith(("libc.", "libm."))]


class Refused(Exception):
    """An engine's one-line reason."""


class Process:
    """An engine that has loaded one model."""

    def __init__(self, engine, program, threads):
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS="1")
        self.engine = engine
        self.process = subprocess.Popen(
            [str(part) for part in engine.command(program)], env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, *fields):
        """The fields of the answer. Raises `Refused`."""
        try:
            self.process.stdin.write("\t".join(str(field) for field in fields) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Refused(self.death()) from None
        ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT)
        if not ready:
            self.process.kill()
            raise Refused(f"no answer to `{fields[0]}` in {TIMEOUT} s")
        line = self.process.stdout.readline()
        if not line:
            raise Refused(self.death())
        status, *answer = line.rstrip("\n").split("\t")
        if status != "ok":
            raise Refused(answer[0])
        return answer

    def death(self):
        return f"the process ended with status {self.process.wait()}"

    def run(self, count, seconds):
        """The seconds that each prediction took."""
        return [int(answer) / 1e9 for answer in self.ask("run", count, seconds)]

    def memory_bytes(self, key):
        """`VmHWM`, the most that was resident, or `VmRSS`, what is."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * 1024
        return 0

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
