"""The browser of the page tests: used where it is, installed by root, asked for in one line by anybody else."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "dev" / "browser.sh"


@dataclass
class Machine:
    """A machine whose programs are the few in one folder, and what its package manager was asked for."""

    programs: Path

    def add(self, name: str, body: str) -> None:
        program = self.programs / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)

    def user(self, number: int) -> None:
        self.add("id", f"echo {number}")

    def packages(self, *, works: bool) -> None:
        """A package manager that notes what it is asked for and, if it works, lays the browser down."""
        installs = f'[ "$1" = install ] && echo > {self.programs}/chromium && chmod 755 {self.programs}/chromium'
        body = f'echo "$@" >> {self.programs}/asked\n'
        self.add("apt-get", f"PATH=/usr/bin:/bin\n{body}{installs if works else 'exit 100'}\nexit 0")

    @property
    def asked(self) -> list[str]:
        told = self.programs / "asked"
        return told.read_text().splitlines() if told.exists() else []

    def ready(self) -> subprocess.CompletedProcess[str]:
        command = ["/bin/sh", str(SCRIPT)]
        return subprocess.run(command, env={"PATH": str(self.programs)}, capture_output=True, text=True, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path)
    found.user(1000)
    found.packages(works=True)
    return found


def test_an_installed_browser_is_used(machine: Machine) -> None:
    machine.add("chromium", "exit 0")
    done = machine.ready()
    assert (done.returncode, done.stdout, done.stderr, machine.asked) == (0, "", "", [])


def test_root_installs_it(machine: Machine) -> None:
    machine.user(0)
    assert machine.ready().returncode == 0
    assert [asked.split()[0] for asked in machine.asked] == ["update", "install"]
    assert "chromium" in machine.asked[1].split()


@pytest.mark.parametrize("user", [0, 1000], ids=["root without packages", "anybody else"])
def test_where_it_cannot_be_had_one_line_says_what_to_install(machine: Machine, user: int) -> None:
    machine.user(user)
    machine.packages(works=False)
    done = machine.ready()
    assert done.returncode == 1
    assert done.stderr == "The page tests need Chromium. Install it: sudo apt-get install chromium\n"
    assert bool(machine.asked) == (user == 0), "only root asks for packages"


def test_root_of_a_machine_with_other_packages_is_told_too(machine: Machine) -> None:
    machine.user(0)
    (machine.programs / "apt-get").unlink()
    done = machine.ready()
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
