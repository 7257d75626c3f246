#include "artefact/integrity.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "artefact/archive.hpp"
#include "artefact/file_state.hpp"
#include "base/sha256.hpp"

namespace gwparam {

namespace {

// Code and names, of which there are few; numbers do not get smaller.
constexpr std::uint64_t max_unpacked_bytes = 64 << 20;

using Digests = std::map<std::string, std::string>; // of the names inside

const Archive::Entry *list_of(const Archive &archive) {
    for (const Archive::Entry &entry : archive.entries()) {
        if (entry.inner_name() == std::string("extra/") + checksums_file) {
            return &entry;
        }
    }
    return nullptr;
}

Digests read_list(Archive &archive) {
    constexpr std::size_t digits = 64;
    std::istringstream lines(archive.extra(checksums_file));
    Digests digests;
    for (std::string line; std::getline(lines, line);) {
        const bool fits = line.size() > digits + 2 && line.substr(digits, 2) == "  ";
        if (!fits ||
            !digests.emplace(line.substr(digits + 2), line.substr(0, digits)).second) {
            archive.reject(std::string(checksums_file) + " has the line \"" +
                           line.substr(0, 80) + "\"");
        }
    }
    return digests;
}

void check_entry(Archive &archive, const Archive::Entry &entry, Digests *expected) {
    const std::string name = entry.inner_name();
    if (!entry.is_plain && expected == nullptr) {
        if (entry.bytes > max_unpacked_bytes) {
            archive.reject(name + " would have " + std::to_string(entry.bytes) +
                           " bytes, expected at most " +
                           std::to_string(max_unpacked_bytes));
        }
        return;
    }
    Sha256 sum;
    archive.read(entry, [&](const std::string &piece) {
        if (expected != nullptr) {
            sum.update(piece.data(), piece.size());
        }
    });
    if (expected == nullptr) {
        return;
    }
    const auto found = expected->find(name);
    if (found == expected->end()) {
        archive.reject(name + " is not among its checksums");
    }
    const std::string digest = sum.digest();
    if (digest != found->second) {
        archive.reject(name + " has the checksum " + digest + ", expected " +
                       found->second);
    }
    expected->erase(found); // a second of that name is none of them
}

void check(const std::string &path) {
    Archive archive(path);
    const Archive::Entry *list = list_of(archive);
    Digests digests;
    if (list != nullptr) {
        digests = read_list(archive);
    }
    for (const Archive::Entry &entry : archive.entries()) {
        if (&entry != list) {
            check_entry(archive, entry, list != nullptr ? &digests : nullptr);
        }
    }
    if (!digests.empty()) {
        archive.reject("it holds no " + digests.begin()->first);
    }
}

} // namespace

void check_integrity(const std::string &path) {
    static std::mutex mutex;
    static std::set<FileState> checked;
    // Who loads the same file at the same time waits instead of reading it too.
    const std::lock_guard<std::mutex> lock(mutex);
    const FileState state = state_of(path);
    if (checked.count(state) == 0) {
        check(path);
        checked.insert(state);
    }
}

} // namespace gwparam
