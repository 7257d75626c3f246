// Whether the file of an artefact holds what was written into it.
#pragma once

#include <string>

namespace gwparam {

// The SHA-256 of every other file in the archive, as sha256sum writes and checks them.
constexpr const char *checksums_file = "gwparam_checksums.txt";

// Reads all of it, once in a process for each state of the file. Throws ERR_FILE,
// naming the entry, where a byte is another one than was written, where one is not
// listed, or where it is so large that it must be a lie. Archives without the list, as
// others and older versions write them, have the checksums of zip files alone; what is
// compressed in them is left to who can unpack it.
void check_integrity(const std::string &path);

} // namespace gwparam
