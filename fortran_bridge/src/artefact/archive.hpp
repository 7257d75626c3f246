// The file of an artefact: a zip archive, of which all but the graph is read here.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace gwparam {

constexpr const char *contract_file = "gwparam_contract.json";
constexpr const char *probe_file = "gwparam_probe.bin";

class Archive {
  public:
    // Reads the list of entries. Throws ERR_FILE, naming the file and what is wrong,
    // where it cannot be opened or is no archive that is whole.
    explicit Archive(const std::string &path);

    // The bytes of extra/<name>. Throws ERR_CONTRACT where there is no such entry or it
    // is empty, ERR_FILE where its bytes are not those that were written.
    std::string extra(const std::string &name);

    // A line for each file in it, by their places: its name, bytes and CRC-32. Archives
    // with the same list have the same content.
    std::string listing() const;

  private:
    // Offsets and sizes in bytes.
    struct Entry {
        std::string name; // as written, with the folder that the archive is named after
        std::uint64_t offset; // of its header
        std::uint64_t limit;  // where what comes after it begins
        std::uint64_t stored_bytes;
        std::uint64_t bytes;
        std::uint32_t crc;
        bool is_plain; // neither compressed nor encrypted
    };

    // Where the list of entries is.
    struct Directory {
        std::uint64_t entries;
        std::uint64_t offset;
        std::uint64_t bytes;
        std::uint64_t limit;
    };

    [[noreturn]] void reject(const std::string &what) const;
    std::string bytes_at(std::uint64_t offset, std::uint64_t count);
    Directory find_directory();
    void read_directory(const Directory &directory);
    std::string contents(const Entry &entry);

    std::string path_;
    std::ifstream file_;
    std::uint64_t size_ = 0;
    std::vector<Entry> entries_; // in the order of their offsets
};

// The checksum of zip files.
std::uint32_t crc32(const std::string &bytes);

} // namespace gwparam
