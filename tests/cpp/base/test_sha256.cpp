// The examples of NIST for SHA-256 (csrc.nist.gov, Examples with Intermediate Values,
// and FIPS 180-2, appendix B), any cut of a text, and files.
#include <cstdio>
#include <fstream>
#include <string>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "tap.h"

namespace {

constexpr const char *of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char *of_a_million =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

bool is_independent_of_cuts(const std::string &text) {
    const std::string whole = gwparam::sha256(text);
    for (std::size_t first = 0; first <= text.size(); ++first) {
        gwparam::Sha256 hash;
        hash.update(text.data(), first);
        hash.update(text.data() + first, text.size() - first);
        if (hash.digest() != whole) {
            return false;
        }
    }
    return true;
}

// FIPS 180-4's padding changes its shape where the length no longer fits the block.
bool differs_at_each_length() {
    std::string before;
    for (std::size_t length = 0; length < 200; ++length) {
        const std::string found = gwparam::sha256(std::string(length, '\0'));
        if (found == before || found.size() != 64) {
            return false;
        }
        before = found;
    }
    return true;
}

std::string failure_of(const std::string &path) {
    try {
        gwparam::sha256_of_file(path);
    } catch (const gwparam::Error &e) {
        return e.status() == GWPARAM_ERR_FILE ? e.what() : "";
    }
    return "";
}

} // namespace

int main() {
    ok(gwparam::sha256("") == of_nothing, "nothing");
    ok(gwparam::sha256("abc") ==
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
       "one block");
    ok(gwparam::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
       "56 bytes, whose length needs a second block");
    ok(gwparam::sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
           "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
       "two blocks");
    ok(gwparam::sha256(std::string(1000000, 'a')) == of_a_million, "a million bytes");
    ok(is_independent_of_cuts(std::string(150, 'x')), "the text comes in any pieces");
    ok(differs_at_each_length(), "zeros of each length");

    const char *path = "test_sha256.bin";
    std::ofstream(path, std::ios::binary) << std::string(1000000, 'a');
    ok(gwparam::sha256_of_file(path) == of_a_million, "a file of many pieces");
    std::ofstream(path, std::ios::binary | std::ios::trunc).flush();
    ok(gwparam::sha256_of_file(path) == of_nothing, "an empty file");
    std::remove(path);
    ok(failure_of(path).find(path) != std::string::npos, "a file that is not there");
    ok(failure_of(".").find("cannot be read") != std::string::npos, "a folder");
    return done_testing();
}
