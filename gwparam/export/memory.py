"""What the C library does with memory that an export frees."""

import platform

import cffi

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc
_BLOCK_BYTES = 1 << 20


def return_freed_blocks() -> None:
    """Have freed blocks of 1 MB and more go back to the system at once.

    For the whole process. glibc else keeps blocks of up to 32 MB for itself as soon as
    one was freed: 1.5 GB after one pass of the full Prithvi network. Other C libraries
    are left as they are.
    """
    if platform.libc_ver()[0] == "glibc":
        ffi = cffi.FFI()
        ffi.cdef("int mallopt(int param, int value);")
        ffi.dlopen(None).mallopt(_M_MMAP_THRESHOLD, _BLOCK_BYTES)
