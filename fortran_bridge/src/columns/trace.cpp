#include "columns/trace.hpp"

#include <cmath>
#include <cstring>
#include <type_traits>

namespace gwparam {

namespace {

constexpr std::uint64_t first_sum = 0x9E3779B97F4A7C15U;
constexpr std::uint64_t factor = 0xFF51AFD7ED558CCDU; // odd: nothing is lost
constexpr std::uint64_t any_nan = 0x7FF8000000000000U;

template <typename Real> std::uint64_t bits_of(Real value) {
    std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t> bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return std::isnan(value) ? any_nan : bits;
}

// For each value one sum becomes another, and for each sum one value another: two
// columns that differ in one value never come to the same.
std::uint64_t with(std::uint64_t sum, std::uint64_t bits) {
    const std::uint64_t product = (sum ^ bits) * factor;
    return product ^ (product >> 32U);
}

} // namespace

std::vector<std::uint64_t> sums_of_columns(const std::vector<Rows> &fields,
                                           std::int64_t columns, ThreadPool &pool) {
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(columns), first_sum);
    for (const Rows &rows : fields) {
        visit(rows, [&](const auto *values) {
            pool.run_ranges(
                columns, rows.width(), [&](std::int64_t first, std::int64_t end) {
                    for (std::int64_t c = first; c < end; ++c) {
                        std::uint64_t sum = sums[static_cast<std::size_t>(c)];
                        const auto *row = values + c * rows.width();
                        for (std::int64_t l = 0; l < rows.width(); ++l) {
                            sum = with(sum, bits_of(row[l]));
                        }
                        sums[static_cast<std::size_t>(c)] = sum;
                    }
                });
        });
    }
    return sums;
}

} // namespace gwparam
