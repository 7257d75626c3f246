// Archives that hold what was written into them, with a list of checksums or without;
// and every change of one bit.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "artefact/archive.hpp"
#include "artefact/integrity.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"
#include "zip_file.hpp"

namespace {

using gwparam::check_integrity;

const char *path = "test_integrity.pt"; // in the folder that meson runs tests in
const std::string list = std::string("made_up/extra/") + gwparam::checksums_file;

std::vector<ZipEntry> entries() {
    return {{"made_up/data/0", std::string("\x00\x3f\x80", 3)},
            {"made_up/data.pkl", "pickled"},
            {"made_up/extra/gwparam_contract.json", "{}"}};
}

std::string line(const ZipEntry &entry) {
    return gwparam::sha256(entry.bytes) + "  " + entry.name.substr(8) + "\n";
}

std::vector<ZipEntry> listed() {
    std::vector<ZipEntry> all = entries();
    std::string lines;
    for (const ZipEntry &entry : all) {
        lines += line(entry);
    }
    all.push_back({list, lines});
    return all;
}

std::string zip(const std::vector<ZipEntry> &all) {
    std::ostringstream out;
    write_zip(out, all);
    return out.str();
}

// The failure, as "status message"; "" for none.
std::string failure(const std::string &bytes) {
    std::remove(path); // so that it is another file
    std::ofstream(path, std::ios::binary) << bytes;
    try {
        check_integrity(path);
        return "";
    } catch (const gwparam::Error &e) {
        return std::to_string(e.status()) + " " + e.what();
    }
}

bool fails(const std::string &bytes, const std::string &what) {
    const std::string found = failure(bytes);
    const std::string expected =
        "-2 test_integrity.pt is no complete TorchScript archive: " + what;
    if (found != expected) {
        printf("# %s\n", found.c_str());
    }
    return found == expected;
}

std::string replaced(std::string bytes, std::size_t at, const std::string &by) {
    return bytes.replace(at, by.size(), by);
}

void test_whole() {
    ok(failure(zip(entries())).empty(), "without a list");
    ok(failure(zip(listed())).empty(), "with a list");
    check_integrity(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(44); // in the numbers; the file is the same one, written again
    file << '\x01';
    file.close();
    ok(throws(GWPARAM_ERR_FILE, "data/0 is damaged", [] { check_integrity(path); }),
       "a file that was good, and was changed in its place");
}

// A zip file that is whole, and not the one that was written.
void test_other_contents() {
    std::vector<ZipEntry> all = listed();
    all[0].bytes[1] = '\x3e';
    ok(fails(zip(all), "data/0 has the checksum " + gwparam::sha256(all[0].bytes) +
                           ", expected " + gwparam::sha256(entries()[0].bytes)),
       "other numbers, under their own CRC");
    all = listed();
    all.insert(all.begin(), {"made_up/code/more.py", "def"});
    ok(fails(zip(all), "code/more.py is not among its checksums"), "a file more");
    all = listed();
    all.erase(all.begin() + 1);
    ok(fails(zip(all), "it holds no data.pkl"), "a file less");
    all = listed();
    all.insert(all.begin(), all[0]);
    ok(fails(zip(all), "it holds data/0 twice"), "a file twice");
    all[0].name = "made_up/DATA/0";
    ok(fails(zip(all), "it holds data/0 twice"),
       "or in capitals, as libtorch takes it");
    all = listed();
    all.push_back(all.back());
    ok(fails(zip(all), "it holds extra/gwparam_checksums.txt twice"), "two lists");
    all = listed();
    all.back().bytes += line(all[0]);
    ok(fails(zip(all), "gwparam_checksums.txt has the line \"" +
                           line(all[0]).substr(0, 72) + "\""),
       "a line twice");
    all.back().bytes = "nonsense";
    ok(fails(zip(all), "gwparam_checksums.txt has the line \"nonsense\""),
       "what is no list");
}

void test_compressed() {
    const std::string plain = zip(entries());
    const std::size_t first = plain.find("PK\x01\x02"); // of the list: data/0
    const std::string packed = replaced(plain, first + 10, "\x08");
    ok(failure(packed).empty(), "what is compressed is left to libtorch");
    ok(fails(replaced(packed, first + 24, std::string("\x01\x00\x00\x04", 4)),
             "data/0 would have 67108865 bytes, expected at most 67108864"),
       "but not what would be vast");
    const std::string sealed = zip(listed());
    ok(fails(replaced(sealed, sealed.find("PK\x01\x02") + 10, "\x08"),
             "data/0 is compressed or encrypted, expected it as it is"),
       "with a list, nothing is");
}

// In numbers, code, list, headers: it is seen, or says nothing that anybody reads.
void test_every_bit() {
    for (const std::string &good : {zip(entries()), zip(listed())}) {
        const std::size_t contents = good.find("PK\x01\x02");
        bool every = true;
        int unseen = 0;
        for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
            std::string bytes = good;
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
            const std::string found = failure(bytes);
            unseen += found.empty() ? 1 : 0;
            every &= found.empty() || found.rfind("-2 ", 0) == 0;
            if (found.empty() && bit / 8 < contents) { // then in a header alone
                const std::size_t header = good.rfind("PK\x03\x04", bit / 8);
                every &= bit / 8 - header < 26;
            }
        }
        printf("# %d of %zu bits say nothing\n", unseen, 8 * good.size());
        ok(every, "every bit that is another one");
    }
}

void test_large_texts() {
    std::vector<ZipEntry> all = entries();
    all[2].bytes.assign(static_cast<std::size_t>(gwparam::max_json_bytes) + 1, ' ');
    std::ofstream(path, std::ios::binary) << zip(all);
    ok(throws(GWPARAM_ERR_FILE,
              "gwparam_contract.json has 67108865 bytes, expected at most 67108864",
              [] { gwparam::Archive(path).extra(gwparam::contract_file); }),
       "a contract that is too large is not read");
}

} // namespace

int main() {
    test_whole();
    test_other_contents();
    test_compressed();
    test_every_bit();
    test_large_texts();
    std::remove(path);
    return done_testing();
}
