"""The system calls a study may not make, as a filter program for the kernel.

Namespaces and resource limits leave gaps that this closes: memory that no process is seen to hold (memfd, System V
segments, shared anonymous pages given back and kept), sockets of any family, and the calls through which sandboxes
have been broken (namespaces, mounts, tracing, BPF, io_uring, keyrings). Numbers are the kernel's own tables for the
two machines supported.
"""

import errno
import platform
import struct
from collections.abc import Mapping
from types import MappingProxyType

from rollbook.kernel.refusals import LimitBreached, Reason

# name: (x86_64, aarch64). Generated from the kernel's syscall tables; exempt from the size rule.
DENIED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "socket": (41, 198),
        "socketpair": (53, 199),
        "memfd_create": (319, 279),
        "memfd_secret": (447, 447),
        "shmget": (29, 194),
        "shmat": (30, 196),
        "msgget": (68, 186),
        "semget": (64, 190),
        "mq_open": (240, 180),
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "pidfd_getfd": (438, 438),
        "unshare": (272, 97),
        "setns": (308, 268),
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "open_tree": (428, 428),
        "move_mount": (429, 429),
        "fsopen": (430, 430),
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "mount_setattr": (442, 442),
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
        "bpf": (321, 280),
        "perf_event_open": (298, 241),
        "userfaultfd": (323, 282),
        "io_uring_setup": (425, 425),
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
        "add_key": (248, 217),
        "request_key": (249, 218),
        "keyctl": (250, 219),
        "kexec_load": (246, 104),
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
        "syslog": (103, 116),
        "acct": (163, 89),
        "swapon": (167, 224),
        "reboot": (169, 142),
        "personality": (135, 92),
        "quotactl": (179, 60),
        "fanotify_init": (300, 262),
    }
)
_MMAP = (9, 222)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT, _MMAP_FLAGS_AT = 0, 4, 16 + 3 * 8
_X32 = 0x40000000
_SHARED_ANONYMOUS = 0x01 | 0x20
_ALLOW, _KILL, _DENY = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM


def program() -> bytes:
    """The filter for this machine, as the kernel's `struct sock_filter` array.

    Raises:
        LimitBreached: on a machine whose table is not here: the run is refused rather than started without the filter.
    """
    if platform.machine() not in _MACHINES:
        mend = f"Run studies on {' or '.join(_MACHINES)}."
        raise LimitBreached(
            Reason("limit-not-set", "The filter of system calls is not known for this machine", mend=mend)
        )
    column, machine = _MACHINES[platform.machine()]
    rules = [(_LOAD, 0, 0, _MACHINE_AT), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER_AT)]
    if column == 0:
        # The x32 form of each call has another number and would slip past the list.
        rules += [(_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, _DENY)]
    for numbers in DENIED.values():
        rules += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _DENY)]
    rules += [
        (_EQUAL, 0, 4, _MMAP[column]),
        (_LOAD, 0, 0, _MMAP_FLAGS_AT),
        (_AND, 0, 0, _SHARED_ANONYMOUS),
        (_EQUAL, 0, 1, _SHARED_ANONYMOUS),
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *rule) for rule in rules)
