// Writes zip files whose entries are stored as they are.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

struct ZipEntry {
    std::string name;
    std::string bytes;
    std::uint64_t hole_before = 0; // that nobody writes: of a sparse file
};

// `wide`: offsets and sizes of 8 bytes, as libtorch writes them.
void write_zip(std::ostream &out, const std::vector<ZipEntry> &entries,
               bool wide = false);
