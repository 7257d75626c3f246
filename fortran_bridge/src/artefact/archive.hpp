// The file of an artefact: a zip archive, of which all but the graph is read here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace gwparam {

constexpr const char *contract_file = "gwparam_contract.json";
constexpr const char *probe_file = "gwparam_probe.bin";

// The name of such a file of one of several members, from 1; 0: there is but one.
inline std::string file_of_member(std::int64_t member, const std::string &name) {
    return member == 0 ? name : "member_" + std::to_string(member) + "/" + name;
}

// Texts are parsed into many times their size.
constexpr std::uint64_t max_json_bytes = 64 << 20;

class Archive {
  public:
    // Offsets and sizes in bytes. None lies beyond the end of the file.
    struct Entry {
        std::string name; // as written, with the folder that the archive is named after
        std::uint64_t offset; // of its header
        std::uint64_t limit;  // where what comes after it begins
        std::uint64_t stored_bytes;
        std::uint64_t bytes;
        std::uint32_t crc;
        bool is_plain; // neither compressed nor encrypted

        // Without that folder.
        std::string inner_name() const { return name.substr(name.find('/') + 1); }
    };

    // Reads the list of entries. Throws ERR_FILE, naming the file and what is wrong,
    // where it cannot be opened or is no archive that is whole.
    explicit Archive(const std::string &path);

    // The bytes of extra/<name>. Throws ERR_CONTRACT where there is no such entry or it
    // is empty, ERR_FILE where its bytes are not those that were written, or it is JSON
    // above max_json_bytes.
    std::string extra(const std::string &name);

    // In the order of their places.
    const std::vector<Entry> &entries() const { return entries_; }

    // Gives the bytes of a plain entry, piece by piece. Throws ERR_FILE where they are
    // not where the list says, or not those that were written, which is known at the
    // end.
    using Taker = std::function<void(const std::string &piece)>;
    void read(const Entry &entry, const Taker &take);

    [[noreturn]] void reject(const std::string &what) const;

    // A line for each file in it, by their places: its name, bytes and CRC-32. Archives
    // with the same list have the same content.
    std::string listing() const;

  private:
    // Where the list of entries is.
    struct Directory {
        std::uint64_t entries;
        std::uint64_t offset;
        std::uint64_t bytes;
        std::uint64_t limit;
    };

    std::string bytes_at(std::uint64_t offset, std::uint64_t count);
    Directory find_directory();
    void read_directory(const Directory &directory);
    void expect_distinct() const;
    std::uint64_t begin_of(const Entry &entry);

    std::string path_;
    std::ifstream file_;
    std::uint64_t size_ = 0;
    std::vector<Entry> entries_; // in the order of their offsets
};

// The checksum of zip files, of one text after another.
class Crc32 {
  public:
    void update(const std::string &bytes);
    std::uint32_t value() const { return ~state_; }

  private:
    std::uint32_t state_ = 0xffffffff;
};

std::uint32_t crc32(const std::string &bytes);

} // namespace gwparam
