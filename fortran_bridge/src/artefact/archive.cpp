// Records of zip files as in PKWARE's APPNOTE 6.3, section 4.3. Numbers are
// little-endian.
#include "artefact/archive.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iomanip>
#include <set>
#include <sstream>

#include <sys/stat.h>

#include "base/error.hpp"

namespace gwparam {

namespace {

// The first four bytes of each record, and how long it is without what varies.
struct Record {
    const char *signature;
    std::size_t bytes;
};

constexpr Record local_header{"PK\x03\x04", 30};
constexpr Record entry_of_list{"PK\x01\x02", 46};
constexpr Record end_of_list{"PK\x05\x06", 22};
constexpr Record end_of_list_64{"PK\x06\x06", 56};
constexpr Record locator_64{"PK\x06\x07", 20};

constexpr std::uint64_t longest_comment = 0xffff;
constexpr std::uint64_t in_extra_field = 0xffffffff; // a number that needs 8 bytes

bool begins(const std::string &bytes, std::size_t at, const Record &record) {
    return bytes.size() >= record.bytes && at <= bytes.size() - record.bytes &&
           bytes.compare(at, 4, record.signature) == 0;
}

std::uint64_t number(const std::string &bytes, std::size_t at, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

// Replaces numbers that need 8 bytes by those in the extra field for that. False where
// one is missing.
bool take_long_numbers(const std::string &extra,
                       const std::array<std::uint64_t *, 3> &numbers) {
    std::string found;
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const auto size = static_cast<std::size_t>(number(extra, at + 2, 2));
        if (number(extra, at, 2) == 1) {
            found = extra.substr(at + 4, size);
        }
        at += 4 + size;
    }
    std::size_t at = 0;
    for (std::uint64_t *value : numbers) {
        if (*value != in_extra_field) {
            continue;
        }
        if (at + 8 > found.size()) {
            return false;
        }
        *value = number(found, at, 8);
        at += 8;
    }
    return true;
}

constexpr std::size_t at_once = 8; // bytes of one turn of the checksum

// Of a byte that so many others follow.
constexpr std::array<std::array<std::uint32_t, 256>, at_once> crc_of_bytes() {
    std::array<std::array<std::uint32_t, 256>, at_once> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (std::size_t bit = 0; bit < 8 * at_once; ++bit) {
            crc = crc >> 1 ^ (crc % 2 == 1 ? 0xedb88320U : 0U);
            if (bit % 8 == 7) {
                table[bit / 8][byte] = crc;
            }
        }
    }
    return table;
}

} // namespace

Archive::Archive(const std::string &path) : path_(path) {
    // First, because to open a pipe waits for who writes to it.
    struct stat status{};
    if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
        throw Error(GWPARAM_ERR_FILE, path + " is no regular file");
    }
    file_.open(path, std::ios::binary);
    if (!file_) {
        throw Error(GWPARAM_ERR_FILE,
                    "cannot open " + path + ": " + std::strerror(errno));
    }
    std::array<char, 4> first{};
    if (!file_.read(first.data(), first.size()) ||
        std::memcmp(first.data(), local_header.signature, first.size()) != 0) {
        throw Error(GWPARAM_ERR_FILE,
                    path +
                        " is no TorchScript archive: it does not begin as a zip file");
    }
    file_.seekg(0, std::ios::end);
    size_ = static_cast<std::uint64_t>(file_.tellg());
    read_directory(find_directory());
}

std::string Archive::extra(const std::string &name) {
    const Entry *found = nullptr;
    for (const Entry &entry : entries_) {
        if (entry.inner_name() != "extra/" + name) {
            continue;
        }
        if (found != nullptr) {
            reject("it holds " + name + " twice");
        }
        found = &entry;
    }
    if (found == nullptr || found->bytes == 0) {
        throw Error(GWPARAM_ERR_CONTRACT, path_ + " holds no " + name);
    }
    const std::string suffix = ".json";
    const bool is_json =
        name.size() > suffix.size() &&
        name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
    if (is_json && found->bytes > max_json_bytes) {
        reject(name + " has " + std::to_string(found->bytes) +
               " bytes, expected at most " + std::to_string(max_json_bytes));
    }
    std::string bytes;
    read(*found, [&bytes](const std::string &piece) { bytes += piece; });
    return bytes;
}

std::string Archive::listing() const {
    std::ostringstream text;
    for (const Entry &entry : entries_) {
        text << entry.name << ' ' << std::dec << entry.bytes << ' ' << std::hex
             << std::setw(8) << std::setfill('0') << entry.crc << '\n';
    }
    return text.str();
}

void Archive::reject(const std::string &what) const {
    throw Error(GWPARAM_ERR_FILE,
                path_ + " is no complete TorchScript archive: " + what);
}

std::string Archive::bytes_at(std::uint64_t offset, std::uint64_t count) {
    if (offset > size_ || count > size_ - offset) {
        reject("a part of it would be beyond its end");
    }
    std::string bytes(static_cast<std::size_t>(count), '\0');
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    if (!file_.read(bytes.data(), static_cast<std::streamsize>(count))) {
        reject("it cannot be read");
    }
    return bytes;
}

Archive::Directory Archive::find_directory() {
    const std::uint64_t length = std::min(size_, end_of_list.bytes + longest_comment);
    const std::uint64_t begin = size_ - length;
    const std::string tail = bytes_at(begin, length);
    for (std::size_t at = tail.size(); at-- > 0;) {
        // Its last number is the length of the comment that ends the file.
        if (!begins(tail, at, end_of_list) ||
            number(tail, at + 20, 2) != tail.size() - at - end_of_list.bytes) {
            continue;
        }
        const std::uint64_t end = begin + at;
        if (end >= locator_64.bytes) {
            const std::string locator =
                bytes_at(end - locator_64.bytes, locator_64.bytes);
            if (begins(locator, 0, locator_64)) {
                const std::uint64_t offset = number(locator, 8, 8);
                const std::string record = bytes_at(offset, end_of_list_64.bytes);
                if (!begins(record, 0, end_of_list_64)) {
                    reject("its end record of 64 bits is not where it says");
                }
                return {number(record, 32, 8), number(record, 48, 8),
                        number(record, 40, 8), offset};
            }
        }
        return {number(tail, at + 10, 2), number(tail, at + 16, 4),
                number(tail, at + 12, 4), end};
    }
    reject("it has no end record");
}

void Archive::read_directory(const Directory &directory) {
    if (directory.offset > directory.limit ||
        directory.bytes != directory.limit - directory.offset) {
        reject("its list of entries is not where it says");
    }
    const std::string list = bytes_at(directory.offset, directory.bytes);
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        if (!begins(list, at, entry_of_list)) {
            reject("its list of entries is damaged");
        }
        const auto name_bytes = static_cast<std::size_t>(number(list, at + 28, 2));
        const auto extra_bytes = static_cast<std::size_t>(number(list, at + 30, 2));
        const auto comment_bytes = static_cast<std::size_t>(number(list, at + 32, 2));
        const std::size_t name_at = at + entry_of_list.bytes;
        const std::size_t next = name_at + name_bytes + extra_bytes + comment_bytes;
        if (next > list.size()) {
            reject("its list of entries is damaged");
        }
        Entry entry{list.substr(name_at, name_bytes),
                    number(list, at + 42, 4),
                    0,
                    number(list, at + 20, 4),
                    number(list, at + 24, 4),
                    static_cast<std::uint32_t>(number(list, at + 16, 4)),
                    number(list, at + 10, 2) == 0 && number(list, at + 8, 2) % 2 == 0};
        if (!take_long_numbers(list.substr(name_at + name_bytes, extra_bytes),
                               {&entry.bytes, &entry.stored_bytes, &entry.offset})) {
            reject("its list of entries is damaged");
        }
        entries_.push_back(entry);
        at = next;
    }
    if (at != list.size()) {
        reject("its list of entries is longer than it says");
    }
    expect_distinct();
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry &a, const Entry &b) { return a.offset < b.offset; });
    std::uint64_t limit = directory.offset;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
        entry->limit = limit;
        limit = entry->offset;
        const std::uint64_t room = limit <= entry->limit ? entry->limit - limit : 0;
        const std::uint64_t header = local_header.bytes + entry->name.size();
        if (room < header || room - header < entry->stored_bytes) {
            reject("its entries overlap");
        }
    }
}

// libtorch finds either of two, and takes small letters for large ones.
void Archive::expect_distinct() const {
    std::set<std::string> names;
    for (const Entry &entry : entries_) {
        std::string name = entry.name;
        for (char &c : name) {
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        if (!names.insert(name).second) {
            reject("it holds " + entry.inner_name() + " twice");
        }
    }
}

// Where its bytes are, which the list does not say.
std::uint64_t Archive::begin_of(const Entry &entry) {
    const std::string name = entry.inner_name();
    const std::string header = bytes_at(entry.offset, local_header.bytes);
    if (!begins(header, 0, local_header)) {
        reject(name + " is not where it says");
    }
    const std::uint64_t name_bytes = number(header, 26, 2);
    const std::uint64_t name_at = entry.offset + local_header.bytes;
    const std::uint64_t begin = name_at + name_bytes + number(header, 28, 2);
    if (bytes_at(name_at, name_bytes) != entry.name) {
        reject(name + " has another name there");
    }
    if (begin > entry.limit || entry.stored_bytes > entry.limit - begin) {
        reject(name + " overlaps with what comes after it");
    }
    return begin;
}

void Archive::read(const Entry &entry, const Taker &take) {
    constexpr std::uint64_t piece_bytes = 1 << 20;
    const std::string name = entry.inner_name();
    if (!entry.is_plain || entry.stored_bytes != entry.bytes) {
        reject(name + " is compressed or encrypted, expected it as it is");
    }
    const std::uint64_t begin = begin_of(entry);
    Crc32 crc;
    for (std::uint64_t done = 0; done < entry.bytes;) {
        const std::uint64_t now = std::min(piece_bytes, entry.bytes - done);
        const std::string piece = bytes_at(begin + done, now);
        crc.update(piece);
        take(piece);
        done += now;
    }
    if (crc.value() != entry.crc) {
        reject(name + " is damaged: its checksum differs");
    }
}

void Crc32::update(const std::string &bytes) {
    static constexpr auto table = crc_of_bytes();
    const auto byte = [&bytes](std::size_t at) {
        return static_cast<unsigned char>(bytes[at]);
    };
    std::size_t at = 0;
    for (; at + at_once <= bytes.size(); at += at_once) {
        std::uint32_t next = 0;
        for (std::size_t i = 0; i < at_once; ++i) {
            const std::uint32_t before = i < 4 ? state_ >> 8 * i : 0;
            next ^= table[at_once - 1 - i][(before ^ byte(at + i)) & 0xff];
        }
        state_ = next;
    }
    for (; at < bytes.size(); ++at) {
        state_ = state_ >> 8 ^ table[0][(state_ ^ byte(at)) & 0xff];
    }
}

std::uint32_t crc32(const std::string &bytes) {
    Crc32 crc;
    crc.update(bytes);
    return crc.value();
}

} // namespace gwparam
