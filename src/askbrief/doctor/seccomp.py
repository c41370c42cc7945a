"""Seccomp: a Linux kernel filter under which this process and its children can open no network socket.

The filter is a classic BPF program (Documentation/userspace-api/seccomp_filter.rst of the kernel). ``socket`` calls of
any family but AF_UNIX and AF_NETLINK, which stay on this machine, go to a listener, which learns of each and lets it
fail; where the kernel has no listeners (before 5.0), such a call ends the process with SIGSYS.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _WITH_LISTENER = 1, 8
_ALLOW, _NOTIFY, _KILL_PROCESS, _FAIL = 0x7FFF0000, 0x7FC00000, 0x80000000, 0x00050000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_OFFSET, _MACHINE_OFFSET, _FIRST_ARGUMENT_OFFSET = 0, 4, 16
_X32_CALLS = 0x40000000
_AF_UNIX, _AF_NETLINK = 1, 16
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION, _RESPONSE = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")


@dataclass(frozen=True, slots=True)
class _Machine:
    """What differs between processors: the audit number, and the numbers of three system calls."""

    audit: int
    socket: int
    seccomp: int
    io_uring_setup: int = 425


_MACHINES = {"x86_64": _Machine(0xC000003E, 41, 317), "aarch64": _Machine(0xC00000B7, 198, 277)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def install_filter() -> int | None:
    """Filter this process and all that it starts, until they end.

    Returns:
        The file descriptor of the listener, for ``receive_attempt`` in another process; None where the kernel has none,
        and ends the process at its first attempt.

    Raises:
        OSError: The kernel or the processor offers no such filter.
    """
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise OSError(errno.ENOSYS, "no seccomp filter for this system")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")
    for action, flags in ((_NOTIFY, _WITH_LISTENER), (_KILL_PROCESS, 0)):
        code = _build_program(machine, action)
        buffer = ctypes.create_string_buffer(code, len(code))
        program = _Program(len(code) // 8, ctypes.addressof(buffer))
        result: int = libc.syscall(machine.seccomp, _SET_MODE_FILTER, flags, ctypes.byref(program))
        if result >= 0:
            return result if flags else None
    raise OSError(ctypes.get_errno(), "seccomp failed")


def _build_program(machine: _Machine, action: int) -> bytes:
    """The filter: system calls of another processor's numbering and io_uring do not exist, ``action`` for sockets."""
    missing = _FAIL | errno.ENOSYS
    instructions = (
        (_LOAD, 0, 0, _MACHINE_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, missing),
        (_LOAD, 0, 0, _NUMBER_OFFSET),
        (_JUMP_IF_AT_LEAST, 1, 0, _X32_CALLS),
        (_JUMP_IF_EQUAL, 0, 1, machine.io_uring_setup),
        (_RETURN, 0, 0, missing),
        (_JUMP_IF_EQUAL, 1, 0, machine.socket),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_OFFSET),
        (_JUMP_IF_EQUAL, 1, 0, _AF_UNIX),
        (_JUMP_IF_EQUAL, 0, 1, _AF_NETLINK),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, action),
    )
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def receive_attempt(listener: int) -> str | None:
    """Take one attempt from a listener that is readable, let it fail with ENETUNREACH, and describe it.

    Returns:
        The call and the name of its thread; None if the process ended in the meantime.
    """
    import fcntl

    try:
        data = fcntl.ioctl(listener, _RECEIVE, bytes(_NOTIFICATION.size))
        number, thread, _, _, _, _, family, kind, *_ = _NOTIFICATION.unpack(data)
        name = _find_thread_name(thread)
        fcntl.ioctl(listener, _SEND, _RESPONSE.pack(number, 0, -errno.ENETUNREACH, 0))
    except OSError:
        return None
    return f"socket({_name_family(family)}, {_name_kind(kind)}) by compiled code in thread {name}"


def _find_thread_name(thread: int) -> str:
    try:
        return repr(Path(f"/proc/{thread}/comm").read_text(encoding="utf-8", errors="replace").strip())
    except OSError:
        return str(thread)


def _name_family(family: int) -> str:
    try:
        return socket.AddressFamily(family).name
    except ValueError:
        return str(family)


def _name_kind(kind: int) -> str:
    try:
        return socket.SocketKind(kind & 0xF).name
    except ValueError:
        return str(kind)
