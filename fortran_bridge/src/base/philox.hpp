// Random numbers by count: Philox4x32-10 of Salmon et al. (2011), "Parallel random
// numbers: as easy as 1, 2, 3". Each is a function of its counter and key alone.
#pragma once

#include <array>
#include <cstdint>

namespace gwparam {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

constexpr PhiloxCounter philox(PhiloxCounter counter, PhiloxKey key) {
    constexpr int rounds = 10;
    for (int round = 0; round < rounds; ++round) {
        const std::uint64_t first = 0xd2511f53ULL * counter[0];
        const std::uint64_t second = 0xcd9e8d57ULL * counter[2];
        const auto high = [](std::uint64_t product) {
            return static_cast<std::uint32_t>(product >> 32);
        };
        counter = {
            high(second) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
            high(first) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
        key = {key[0] + 0x9e3779b9U, key[1] + 0xbb67ae85U};
    }
    return counter;
}

} // namespace gwparam
