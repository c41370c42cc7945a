"""What the worker may not do: reach the network, start programs, write files, use all memory or time."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

MEMORY_BYTES = 1_500_000_000
SECONDS = 60
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FORBIDDEN =("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.remove",
    "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.", "ftplib.", "http.",
    "urllib.", "smtplib.", "webbrowser.")  # fmt: skip
# By machine: its audit architecture and the numbers of the calls that make and use sockets (and io_uring, which can).
_CALLS = {"x86_64": (0xC000003E, (41, 42, 53, 425)), "aarch64": (0xC00000B7, (198, 203, 199, 425))}
_SECCOMP, _NO_NEW_PRIVILEGES = 22, 38


class ForbiddenError(Exception):
    """Something was tried that reading a file does not need."""


def limit_memory() -> None:
    """Limit the memory of this process, where the system enforces it."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time() -> None:
    """Give this process its seconds of processor time from now on; the system ends it after them."""
    if sys.platform != "win32":
        import resource

        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + SECONDS, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def forbid_side_effects() -> None:
    """Forbid sockets, programs and written files from here on: by Python's audit events, and on Linux by seccomp."""
    sys.dont_write_bytecode = True
    sys.addaudithook(_check_event)
    if sys.platform == "linux":
        _forbid_sockets()


def _check_event(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN) and event != "socket.gethostname":
        raise ForbiddenError(event)
    if event == "open" and len(arguments) > 2 and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise ForbiddenError(f"open {arguments[0]!r} to write")


def _forbid_sockets() -> bool:
    """Have the kernel refuse sockets (seccomp, a filter of classic BPF); say whether it does."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    architecture, calls = known
    load, jump_equal, give = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ERRNO with EPERM
    program = [(load, 0, 0, 4), (jump_equal, 1, 0, architecture), (give, 0, 0, allow), (load, 0, 0, 0)]
    program += [(jump_equal, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    program += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in program))

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    described = Filter(len(program), ctypes.addressof(code))
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return False
    return bool(prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0 and prctl(_SECCOMP, 2, ctypes.byref(described), 0, 0) == 0)
