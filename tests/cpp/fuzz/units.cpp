// Conversions of units: finite numbers other than 0, and back again.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"
#include "base/units.hpp"
#include "fuzz.hpp"
#include "gwparam.h"

namespace {

constexpr const char *pieces[] = {
    "m",    "s",        "Pa",  "hPa", "K",    "degC", "degrees_north",
    "kg",   "1",        "km",  "g",   "N",    "J",    "min",
    "day",  "mbar",     "bar", "rad", "/",    " ",    "**",
    "^",    "-",        "+",   ".",   "*",    "9",    "0",
    "2",    "\n",       "cm",  "mPa", "none", "gpm",  "celsius",
    "\xb5", "\xc2\xb2", "_",   "e",   "\x01"};

// Two texts, parted by a bar.
void check(const std::string &from, const std::string &to) {
    gwparam::Conversion there;
    gwparam::Conversion back;
    const auto status = {int(GWPARAM_ERR_CONTRACT)};
    const bool takes =
        accepts(status, [&] { there = gwparam::conversion(from, to, "field"); });
    if (takes !=
        accepts(status, [&] { back = gwparam::conversion(to, from, "field"); })) {
        std::fprintf(stderr, "fuzz: one way only\n");
        std::abort();
    }
    const double scale = gwparam::acceleration_scale(from);
    const bool is_number = std::isfinite(there.scale) && std::isfinite(there.offset) &&
                           there.scale > 0.0 && std::isfinite(scale) && scale >= 0.0;
    const double round_trip = there.scale * back.scale;
    if (!is_number || std::abs(round_trip - 1.0) > 1e-12) {
        std::fprintf(stderr, "fuzz: scale %g, offset %g, round trip %g\n", there.scale,
                     there.offset, round_trip);
        std::abort();
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    const std::size_t bar = std::min(text.find('|'), text.size());
    check(text.substr(0, bar), text.substr(std::min(bar + 1, text.size())));
    return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                    std::size_t max_size, unsigned seed) {
    std::mt19937 random(seed);
    if (size == 0) {
        constexpr const char *seeds[] = {"m s-1|km/h", "hPa|Pa", "m s-2|m/s/day",
                                         "degC|K",     "1|none", "Pa m s-2|kg m-1 s-2",
                                         "degrees|rad"};
        return place_input(seeds[random() % std::size(seeds)], data, max_size);
    }
    if (random() % 4 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    std::string text(data, data + size);
    std::string piece;
    for (unsigned times = random() % 16 == 0 ? random() % 400 : 1; times-- > 0;) {
        piece += piece.empty() ? pieces[random() % std::size(pieces)]
                               : piece.substr(0, 1 + random() % 4);
    }
    const std::size_t at = random() % (size + 1);
    text.replace(at, random() % 2 * (random() % 4), piece);
    return place_input(text, data, std::min(max_size, std::size_t{4096}));
}
