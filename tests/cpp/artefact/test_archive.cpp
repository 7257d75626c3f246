// Archives: those that libtorch writes, made-up ones, and what is no archive or
// damaged.
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "artefact/archive.hpp"
#include "base/error.hpp"
#include "tap.h"
#include "zip_file.hpp"

namespace {

using gwparam::Archive;
using gwparam::contract_file;
using gwparam::Error;
using gwparam::probe_file;

const std::string json = R"({"name": "made up"})";
const std::string probe = std::string("\x00\x01PK\x05\x06", 6) + std::string(30, 'p');
const char *path = "test_archive.pt"; // in the folder that meson runs tests in

std::vector<ZipEntry> entries() {
    return {{"made_up/extra/gwparam_probe.bin", probe},
            {"made_up/data.pkl", "pickled"},
            {"made_up/extra/gwparam_contract.json", json},
            {"made_up/code/__torch__.py", ""}};
}

std::string zip(const std::vector<ZipEntry> &all, bool wide = false) {
    std::ostringstream out;
    write_zip(out, all, wide);
    return out.str();
}

void write(const std::string &bytes) {
    std::remove(path); // ext4 waits for the disk where a file is cut and written again
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string replaced(std::string bytes, std::size_t at, const std::string &by) {
    return bytes.replace(at, by.size(), by);
}

// The failure of reading both files of an archive, as "status message"; "" for none,
// and for one that gives other bytes than were written "wrong".
std::string failure(const std::string &file = path) {
    try {
        Archive archive(file);
        const bool right =
            archive.extra(contract_file) == json && archive.extra(probe_file) == probe;
        return right ? "" : "wrong";
    } catch (const Error &e) {
        return std::to_string(e.status()) + " " + e.what();
    }
}

bool fails(const std::string &bytes, const std::string &expected) {
    write(bytes);
    const std::string found = failure();
    if (found != expected) {
        printf("# %s\n", found.c_str());
    }
    return found == expected;
}

std::string incomplete(const std::string &what) {
    return "-2 test_archive.pt is no complete TorchScript archive: " + what;
}

void test_good() {
    for (const bool wide : {false, true}) {
        write(zip(entries(), wide));
        ok(failure().empty(), wide ? "numbers of 8 bytes" : "numbers of 4 bytes");
    }
    const std::string plain = zip(entries());
    const std::string comment = "a comment with PK\x05\x06 and more than 22 bytes";
    const std::string count(1, static_cast<char>(comment.size()));
    write(replaced(plain, plain.size() - 2, count) + comment);
    ok(failure().empty(), "a comment at the end");
    write(zip({{"extra/gwparam_contract.json", ""},
               {"made_up/extra/gwparam_contract.json", json},
               {"made_up/extra/gwparam_probe.bin", probe}}));
    ok(failure().empty(), "what is not one folder down is another file");
}

void test_beyond_four_gigabytes() {
    std::vector<ZipEntry> all = entries();
    all[2].hole_before = 5ULL << 30;
    std::ofstream file(path, std::ios::binary);
    write_zip(file, all, true);
    file.close();
    ok(failure().empty(), "an archive of more than 4 GiB");
}

void test_what_is_lacking() {
    const std::string none = "-3 test_archive.pt holds no ";
    ok(fails(zip({{"made_up/data.pkl", "pickled"}}), none + contract_file),
       "no contract");
    ok(fails(zip({entries()[2]}), none + probe_file), "no probe");
    ok(fails(zip({{"made_up/extra/gwparam_contract.json", ""}, entries()[0]}),
             none + contract_file),
       "an empty contract");
}

void test_what_is_no_archive() {
    ok(failure("absent.pt") == "-2 cannot open absent.pt: No such file or directory",
       "no file");
    ok(failure(".") == "-2 . is no regular file", "a folder");
    const std::string other =
        "-2 test_archive.pt is no TorchScript archive: it does not begin as a zip file";
    ok(fails("", other), "an empty file");
    ok(fails("CDF\x01 not a zip file", other), "another kind of file");
    ok(fails("x" + zip(entries()), other), "something before the archive");
    ok(fails(zip({}), other), "an archive of nothing");
    ok(fails(zip(entries()) + "x", incomplete("it has no end record")),
       "something after the archive");
}

// Each case changes bytes of a record, found by where it begins.
void test_what_is_damaged() {
    const std::string plain = zip(entries());
    const std::string wide = zip(entries(), true);
    const std::size_t first = plain.find("PK\x01\x02"); // of the list: the probe
    const std::size_t header = plain.rfind("PK\x03\x04", plain.find(json));
    const std::size_t end = plain.size() - 22;
    const std::string huge(4, '\x7f');
    const std::string damaged = "its list of entries is damaged";
    const struct {
        const char *name;
        std::string bytes;
        std::string what;
    } cases[] = {
        {"another end record", replaced(plain, end, "QK"), "it has no end record"},
        {"a list beyond the end", replaced(plain, end + 16, huge),
         "its list of entries is not where it says"},
        {"a longer list", replaced(plain, end + 12, huge),
         "its list of entries is not where it says"},
        {"an entry too many", replaced(plain, end + 10, "\x05"), damaged},
        {"an entry too few", replaced(plain, end + 10, "\x03"),
         "its list of entries is longer than it says"},
        {"another signature in the list", replaced(plain, first, "QK"), damaged},
        {"a name beyond the list", replaced(plain, first + 28, "\xff\x7f"), damaged},
        {"a compressed file", replaced(plain, first + 10, "\x08"),
         "extra/gwparam_probe.bin is compressed or encrypted, expected it as it is"},
        {"an encrypted file", replaced(plain, first + 8, "\x01"),
         "extra/gwparam_probe.bin is compressed or encrypted, expected it as it is"},
        {"another size than is stored", replaced(plain, first + 24, "\x01"),
         "extra/gwparam_probe.bin is compressed or encrypted, expected it as it is"},
        {"a file beyond the end", replaced(plain, first + 20, huge + huge),
         "its entries overlap"},
        {"a number of 8 bytes without its field",
         replaced(plain, first + 20, std::string(8, '\xff')), damaged},
        {"files over each other", replaced(plain, first + 42, "\x20"),
         "its entries overlap"},
        {"no header where it says", replaced(plain, header, "QK"),
         "extra/gwparam_contract.json is not where it says"},
        {"another byte", replaced(plain, plain.find(json), "["),
         "extra/gwparam_contract.json is damaged: its checksum differs"},
        {"another checksum", replaced(plain, first + 16, "abcd"),
         "extra/gwparam_probe.bin is damaged: its checksum differs"},
        {"another name in the header", replaced(plain, 30, "M"),
         "extra/gwparam_probe.bin has another name there"},
        {"a longer header", replaced(plain, 28, "\x70"),
         "extra/gwparam_probe.bin overlaps with what comes after it"},
        {"an end record of 64 bits elsewhere", replaced(wide, wide.size() - 34, "\x01"),
         "its end record of 64 bits is not where it says"},
        {"an end record of 64 bits beyond the end",
         replaced(wide, wide.size() - 34, std::string(8, '\xff')),
         "a part of it would be beyond its end"},
    };
    for (const auto &its : cases) {
        ok(fails(its.bytes, incomplete(its.what)), its.name);
    }
    std::vector<ZipEntry> twice = entries();
    twice.push_back({"other/extra/gwparam_contract.json", json});
    ok(fails(zip(twice), incomplete("it holds gwparam_contract.json twice")),
       "a contract twice");
}

// Never other bytes than were written, whatever is cut off or changed; and no crash.
void test_every_cut_and_change() {
    for (const bool wide : {false, true}) {
        const std::string good = zip(entries(), wide);
        bool refused = true;
        for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
            write(good.substr(0, bytes));
            refused &= failure().rfind("-2 ", 0) == 0;
        }
        ok(refused, "every length that is too short");
        bool right = true;
        int seen = 0;
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (const int change : {0x01, 0x80, 0xff}) {
                std::string bytes = good;
                bytes[at] = static_cast<char>(bytes[at] ^ change);
                write(bytes);
                const std::string found = failure();
                seen += found.empty() ? 0 : 1;
                right &= found.empty() || found.rfind("-2 ", 0) == 0 ||
                         found.rfind("-3 ", 0) == 0;
            }
        }
        printf("# %d of %zu changes are seen\n", seen, 3 * good.size());
        ok(right && seen > 0, "every byte that is another one");
    }
}

void test_checksum() {
    ok(gwparam::crc32("123456789") == 0xcbf43926, "the checksum of the specification");
    const std::string text = probe + json + probe;
    bool same = true;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        gwparam::Crc32 crc;
        crc.update(text.substr(0, cut));
        crc.update(text.substr(cut));
        same &= crc.value() == gwparam::crc32(text);
    }
    ok(same, "in two pieces");
}

void test_real(const std::string &folder) {
    Archive archive(folder + "/linear.pt");
    const std::string found = archive.extra(contract_file);
    ok(found.front() == '{' && found.back() == '}' &&
           found.find("\"linear\"") != std::string::npos,
       "the contract of an archive of libtorch");
    ok(archive.extra(probe_file).size() == 528, "and its probe");
    ok(failure(folder + "/no_contract.pt") ==
           "-3 " + folder + "/no_contract.pt holds no gwparam_contract.json",
       "an archive of libtorch that is no artefact");
    std::ifstream file(folder + "/linear.pt", std::ios::binary);
    const std::string good(std::istreambuf_iterator<char>(file), {});
    bool refused = true;
    for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
        write(good.substr(0, bytes));
        refused &= failure().rfind("-2 ", 0) == 0;
    }
    ok(refused, "every length of it that is too short");
}

} // namespace

int main(int, char **arguments) {
    test_good();
    test_beyond_four_gigabytes();
    test_what_is_lacking();
    test_what_is_no_archive();
    test_what_is_damaged();
    test_every_cut_and_change();
    test_checksum();
    test_real(arguments[1]);
    std::remove(path);
    return done_testing();
}
