// SHA-256, FIPS 180-4, section 6.2: which bytes a file holds, so that two runs can be
// compared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gwparam {

class Sha256 {
  public:
    void update(const void *data, std::size_t bytes);

    // 64 hexadecimal digits, lower case. What was given before is gone.
    std::string digest();

  private:
    void take_block(const unsigned char *block);

    static constexpr std::size_t block_bytes = 64;
    static constexpr std::array<std::uint32_t, 8> initial{
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    std::array<std::uint32_t, 8> state_ = initial;
    std::array<unsigned char, block_bytes> pending_{}; // less than a block
    std::uint64_t bytes_ = 0;                          // given so far
};

std::string sha256(const std::string &bytes);

// Of a whole file, read piece by piece. Throws ERR_FILE.
std::string sha256_of_file(const std::string &path);

} // namespace gwparam
