#include "zip_file.hpp"

#include "artefact/archive.hpp"

namespace {

constexpr std::uint64_t saturated = 0xffffffff;

std::string number(std::uint64_t value, int width) {
    std::string bytes;
    for (int i = 0; i < width; ++i, value >>= 8) {
        bytes += static_cast<char>(value & 0xff);
    }
    return bytes;
}

// From the flags to the length of the name, as both headers of an entry have it.
std::string middle_of(const ZipEntry &entry, bool wide) {
    const std::uint64_t bytes = wide ? saturated : entry.bytes.size();
    return number(0, 8) + number(gwparam::crc32(entry.bytes), 4) + number(bytes, 4) +
           number(bytes, 4) + number(entry.name.size(), 2);
}

} // namespace

void write_zip(std::ostream &out, const std::vector<ZipEntry> &entries, bool wide) {
    std::string list;
    std::uint64_t position = 0;
    for (const ZipEntry &entry : entries) {
        position += entry.hole_before;
        out.seekp(static_cast<std::streamoff>(position));
        const std::string both =
            number(entry.bytes.size(), 8) + number(entry.bytes.size(), 8);
        const std::string here = wide ? number(1, 2) + number(16, 2) + both : "";
        const std::string there =
            wide ? number(1, 2) + number(24, 2) + both + number(position, 8) : "";
        list += "PK\x01\x02" + number(0, 2) + number(0, 2) + middle_of(entry, wide) +
                number(there.size(), 2) + number(0, 10) +
                number(wide ? saturated : position, 4) + entry.name + there;
        const std::string header = "PK\x03\x04" + number(0, 2) +
                                   middle_of(entry, wide) + number(here.size(), 2) +
                                   entry.name + here + entry.bytes;
        out << header;
        position += header.size();
    }
    out << list;
    const std::uint64_t end = position + list.size();
    if (wide) {
        out << "PK\x06\x06" << number(44, 8) << number(0, 12)
            << number(entries.size(), 8) << number(entries.size(), 8)
            << number(list.size(), 8) << number(position, 8);
        out << "PK\x06\x07" << number(0, 4) << number(end, 8) << number(1, 4);
    }
    const std::uint64_t count = wide ? 0xffff : entries.size();
    out << "PK\x05\x06" << number(0, 4) << number(count, 2) << number(count, 2)
        << number(wide ? saturated : list.size(), 4)
        << number(wide ? saturated : position, 4) << number(0, 2);
}
