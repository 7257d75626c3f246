// The cores of the process, to which a launcher may have bound it.
#pragma once

namespace gwparam {

// Their number, at least 1.
int usable_cores();

// Lets the calling thread, one of ours, run on all of them. It has the cores of the
// host's thread that began it, of which OMP_PROC_BIND leaves that only one.
void use_all_cores() noexcept;

} // namespace gwparam
