#include "base/sha256.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr std::array<std::uint32_t, 64> constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

constexpr std::uint32_t rotated(std::uint32_t word, int bits) {
    return word >> bits | word << (32 - bits);
}

} // namespace

void Sha256::take_block(const unsigned char *block) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t t = 0; t < 16; ++t) {
        for (std::size_t byte = 0; byte < 4; ++byte) {
            w[t] = w[t] << 8 | block[4 * t + byte];
        }
    }
    for (std::size_t t = 16; t < w.size(); ++t) {
        const std::uint32_t a = w[t - 15];
        const std::uint32_t b = w[t - 2];
        w[t] = w[t - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[t - 7] +
               (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t t = 0; t < w.size(); ++t) {
        const std::uint32_t first = h +
                                    (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) +
                                    ((e & f) ^ (~e & g)) + constants[t] + w[t];
        const std::uint32_t second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) +
                                     ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < state_.size(); ++i) {
        state_[i] += added[i];
    }
}

void Sha256::update(const void *data, std::size_t bytes) {
    const auto *next = static_cast<const unsigned char *>(data);
    while (bytes > 0) {
        const std::size_t held = bytes_ % block_bytes;
        const std::size_t taken = std::min(bytes, block_bytes - held);
        if (taken == block_bytes) {
            take_block(next); // whole, so it need not be copied
        } else {
            std::copy_n(next, taken, pending_.data() + held);
            if (held + taken == block_bytes) {
                take_block(pending_.data());
            }
        }
        bytes_ += taken;
        next += taken;
        bytes -= taken;
    }
}

std::string Sha256::digest() {
    const std::uint64_t bits = 8 * bytes_;
    // A one, zeros, and the length in the last 8 bytes of a block.
    std::array<unsigned char, block_bytes + 8> end{0x80};
    const std::size_t zeros =
        (2 * block_bytes - 9 - bytes_ % block_bytes) % block_bytes;
    for (std::size_t byte = 0; byte < 8; ++byte) {
        end[1 + zeros + byte] = static_cast<unsigned char>(bits >> (56 - 8 * byte));
    }
    update(end.data(), zeros + 9);
    std::string text;
    for (const std::uint32_t word : state_) {
        for (int shift = 28; shift >= 0; shift -= 4) {
            text += "0123456789abcdef"[word >> shift & 0xf];
        }
    }
    *this = Sha256();
    return text;
}

std::string sha256(const std::string &bytes) {
    Sha256 hash;
    hash.update(bytes.data(), bytes.size());
    return hash.digest();
}

std::string sha256_of_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw Error(GWPARAM_ERR_FILE,
                    "cannot open " + path + ": " + std::strerror(errno));
    }
    Sha256 hash;
    std::vector<char> piece(std::size_t{1} << 16);
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        hash.update(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (!file.eof()) {
        throw Error(GWPARAM_ERR_FILE, path + " cannot be read");
    }
    return hash.digest();
}

} // namespace gwparam
