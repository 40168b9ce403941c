"""Make the virtual environment and install the locked dependencies: `setup.py runtime` or `setup.py dev`.

Needs nothing but Python. Every package is checked against the hash in its lock; where packages come from is
pip's own configuration.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
LOCKS = {"runtime": ("runtime.txt", "build.txt"), "dev": ("dev.txt",)}
# The development lock holds every package of the runtime lock in the same version.
PROVIDES = {"runtime": ("runtime",), "dev": ("runtime", "dev")}
LINES_OF_PIP_SHOWN = 20


def fail(message: str) -> NoReturn:
    """Print what went wrong and how to mend it, then end with exit code 1."""
    sys.stderr.write(f"\nSet-up failed: {message}\n")
    raise SystemExit(1)


def make_venv() -> None:
    """Make the virtual environment unless there is one that works."""
    if PYTHON.exists():
        pip = subprocess.run([PYTHON, "-m", "pip", "--version"], check=False, capture_output=True)
        if pip.returncode == 0:
            return
    say("Making the virtual environment in .venv")
    if VENV.exists():
        shutil.rmtree(VENV)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
    if made.returncode != 0:
        fail(
            f"python -m venv did not work.\n{(made.stdout + made.stderr).strip()}\n"
            "On Debian and Ubuntu: apt-get install python3-venv"
        )


def install(kind: str) -> None:
    """Install the locked packages of `kind`, then the project itself in place."""
    locks = [REQUIREMENTS / name for name in LOCKS[kind]]
    names = {line.split("==")[0] for lock in locks for line in lock.read_text().splitlines() if "==" in line}
    command = ["install", "--no-deps", "--require-hashes"]
    for lock in locks:
        command += ["--requirement", str(lock)]
    run_pip(command, f"Installing {len(names)} packages", total=len(names))
    run_pip(["install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], "Installing tollway", total=1)


def run_pip(arguments: list[str], title: str, total: int) -> None:
    """Run pip, show how far it is, and show the end of its output if it fails."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]
    started = time.monotonic()
    say(title + " …")
    lines: list[str] = []
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            lines.append(line.rstrip())
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                seen += 1
                progress(f"  {min(seen, total)} of {total}")
            elif line.startswith("Installing collected packages"):
                progress("  unpacking")
    progress("")
    if pip.returncode != 0:
        shown = "\n".join(lines[-LINES_OF_PIP_SHOWN:])
        fail(
            f"pip ended with exit code {pip.returncode}:\n\n{shown}\n\n"
            "If the network or the package index was the reason, mend that and run the same command again:\n"
            "what was downloaded is kept."
        )
    say(f"{title}: done in {time.monotonic() - started:.0f} s")


def say(text: str) -> None:
    """Print one line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Rewrite the current line, on a terminal only."""
    if sys.stdout.isatty():
        sys.stdout.write("\r\033[K" + text)
        sys.stdout.flush()


def main() -> None:
    """Set up what the first argument names, then leave the stamps that `make` looks at."""
    kind = "".join(sys.argv[1:])
    if kind not in LOCKS:
        raise SystemExit("usage: setup.py runtime|dev")
    make_venv()
    install(kind)
    for provided in PROVIDES[kind]:
        (VENV / f".installed-{provided}").touch()


if __name__ == "__main__":
    main()
