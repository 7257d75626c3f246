// The cores of the process, to which a launcher may have bound it.
#pragma once

namespace gwparam {

// Their number, at least 1.
int usable_cores();

// Lets the calling thread, one of ours, run on all of them. With OMP_PROC_BIND it has
// but one: that of the host's thread which began it, and once more, when it comes to
// its first parallel region, the first of the process.
void use_all_cores() noexcept;

} // namespace gwparam
