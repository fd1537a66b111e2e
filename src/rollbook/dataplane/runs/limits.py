"""The limits of one run, as one frozen object. Each is set inside the sandbox, read back there, and watched from
outside.
"""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a study may use. Bytes unless the name says otherwise; `processes` counts threads too, as the kernel does.

    `memory` is summed over every process of the run; `out` and `scratch` are the two small file systems in memory;
    `stream` is the most that the run may hand to Rollbook.
    """

    memory: int = 2048 * MIB
    processes: int = 48
    wall_seconds: float = 600.0
    cpu_seconds: int = 900
    out: int = 256 * MIB
    scratch: int = 512 * MIB
    file: int = 512 * MIB
    # R will not start under 256.
    open_files: int = 512
    stream: int = 256 * MIB

    def __post_init__(self) -> None:
        if min(self.memory, self.processes, self.wall_seconds, self.cpu_seconds, self.out, self.scratch) <= 0:
            raise ValueError("a limit is more than nothing")
        if min(self.file, self.open_files, self.stream) <= 0:
            raise ValueError("a limit is more than nothing")
