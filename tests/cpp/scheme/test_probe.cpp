// The artefact's own check: what passes, what does not, in every place of a chunk.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "rows_and_errors.hpp"
#include "scheme/probe.hpp"
#include "simple_backend.hpp"
#include "tap.h"

namespace {

using gwparam::Contract;
using gwparam::Dtype;
using gwparam::Pass;

// Three extents: rows of the probe, levels, rows of a chunk.
constexpr std::int64_t count = 5;
constexpr std::int64_t nlev = 3;
constexpr std::int64_t chunk = 16;

Contract column() {
    Contract contract;
    gwparam::FieldContract wind;
    wind.name = "eastward_wind";
    wind.levels = nlev;
    wind.dtype = Dtype::float32;
    gwparam::FieldContract tendency;
    tendency.name = "tendency";
    tendency.units = "m s-2";
    tendency.levels = nlev;
    contract.inputs = {wind};
    contract.outputs = {tendency};
    contract.probe_columns = count;
    return contract;
}

float wind_at(std::int64_t row, std::int64_t level) {
    return static_cast<float>(row + 1) + 0.25f * static_cast<float>(level);
}
double twice(float wind) { return 2.0 * static_cast<double>(wind); }

// Inputs, then what they give; one of those is off by `error`.
std::string probe(std::int64_t rows, double error = 0.0) {
    std::vector<float> winds;
    std::vector<double> tendencies;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t level = 0; level < nlev; ++level) {
            winds.push_back(wind_at(row, level));
            tendencies.push_back(twice(winds.back()));
        }
    }
    tendencies[4] += error;
    std::string bytes(reinterpret_cast<const char *>(winds.data()),
                      winds.size() * sizeof(float));
    bytes.append(reinterpret_cast<const char *>(tendencies.data()),
                 tendencies.size() * sizeof(double));
    return bytes;
}

// Doubles the wind; in one place of a chunk it gives something else.
SimpleBackend doubling(const std::string &bytes, std::int64_t bad_row = -1,
                       double instead = 0.0) {
    return SimpleBackend(
        [=](const Pass &pass) {
            auto *tendency = values_in<double>(pass.outputs[0]);
            for (std::int64_t n = 0; n < chunk * nlev; ++n) {
                tendency[n] = twice(values_in<float>(pass.inputs[0])[n]);
            }
            if (bad_row >= 0) {
                tendency[bad_row * nlev + 1] = instead;
            }
        },
        bytes);
}

bool passes(SimpleBackend backend, double tolerance = 0.0) {
    try {
        gwparam::check_probe(column(), backend.probe(), backend, chunk, tolerance);
    } catch (const gwparam::Error &e) {
        printf("# %s\n", e.what());
        return false;
    }
    return true;
}

bool fails(SimpleBackend backend, gwparam_status status, const char *text,
           double tolerance = 0.0) {
    return throws(status, text, [&] {
        gwparam::check_probe(column(), backend.probe(), backend, chunk, tolerance);
    });
}

void test_passes() {
    SimpleBackend backend = doubling(probe(count));
    gwparam::check_probe(column(), backend.probe(), backend, chunk, 0.0);
    ok(backend.passes() == 3, "reproduced, and the network is warm after three calls");
    Contract global = column();
    global.geometry.kind = gwparam::GeometryKind::global;
    global.geometry.latitude = {0};
    global.geometry.longitude = {0};
    SimpleBackend once(
        [](const Pass &pass) {
            for (std::int64_t n = 0; n < nlev; ++n) {
                values_in<double>(pass.outputs[0])[n] =
                    twice(values_in<float>(pass.inputs[0])[n]);
            }
        },
        std::string(probe(2), 0, nlev * 4) +
            std::string(probe(2), 2 * nlev * 4, nlev * 8));
    gwparam::check_probe(global, once.probe(), once, chunk, 0.0);
    ok(once.passes() == 1, "that of the globe has one");
}

// The file has levels first, a backend gets them last.
void test_image() {
    Contract global = column();
    global.geometry.kind = gwparam::GeometryKind::global;
    global.geometry.latitude = {-30, 30};
    global.geometry.longitude = {0, 120, 240};
    constexpr std::int64_t cells = 6;
    std::string bytes;
    const auto append = [&bytes](auto value) {
        bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    };
    for (std::int64_t i = 0; i < nlev * cells; ++i) {
        append(static_cast<float>(i));
    }
    for (std::int64_t i = 0; i < nlev * cells; ++i) {
        append(2.0 * static_cast<double>(i));
    }
    SimpleBackend backend([](const Pass &pass) {
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            for (std::int64_t n = 0; n < nlev; ++n) {
                const std::int64_t at = cell * nlev + n;
                const bool is_right = pass.inputs[0].levels_last &&
                                      values_in<float>(pass.inputs[0])[at] ==
                                          static_cast<float>(n * cells + cell);
                values_in<double>(pass.outputs[0])[at] =
                    is_right ? 2.0 * static_cast<double>(n * cells + cell) : -1.0;
            }
        }
    });
    gwparam::check_probe(global, bytes, backend, chunk, 0.0);
    ok(backend.passes() == 1, "levels of an image lie side by side");
}

void test_differences() {
    // The largest value is 2 * (5 + 0.5) = 11.
    ok(fails(doubling(probe(count, 0.22)), GWPARAM_ERR_INFERENCE,
             "the probe is off by 0.22 m s-2 in tendency, expected at most 0.01 of its "
             "largest value 11",
             0.01),
       "off by more than the tolerance");
    ok(passes(doubling(probe(count, 0.22)), 0.021), "off by less");
    bool every_place = true;
    for (std::int64_t row = 0; row < chunk; ++row) {
        every_place &= fails(doubling(probe(count), row, 3.0e3), GWPARAM_ERR_INFERENCE,
                             "the probe is off by 29", 0.5);
    }
    ok(every_place, "in any place of a chunk");
    for (const double bad :
         {static_cast<double>(NAN), std::numeric_limits<double>::infinity()}) {
        ok(fails(doubling(probe(count), 7, bad), GWPARAM_ERR_INFERENCE,
                 "the probe is off by", 1e6),
           "what is not finite is never near");
    }
}

// Nothing that comes after it makes up for what is not finite, wherever it is.
void test_not_finite_is_remembered() {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {static_cast<double>(NAN), infinity, -infinity}) {
        bool every_place = true;
        for (std::int64_t place = 0; place < chunk * nlev; ++place) {
            // All before it are 1000 times too large, all after it are right.
            SimpleBackend backend(
                [=](const Pass &pass) {
                    auto *tendency = values_in<double>(pass.outputs[0]);
                    for (std::int64_t n = 0; n < chunk * nlev; ++n) {
                        const double right = twice(values_in<float>(pass.inputs[0])[n]);
                        tendency[n] = n < place    ? 1000.0 * right
                                      : n == place ? bad
                                                   : right;
                    }
                },
                probe(count));
            every_place &= fails(backend, GWPARAM_ERR_INFERENCE, "off by", 1e3);
        }
        ok(every_place, "what is not finite is remembered");
    }
}

// It would be reproduced by anything: what is expected, and what is given.
void test_a_probe_is_finite() {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {static_cast<double>(NAN), infinity, -infinity}) {
        std::string as_input = probe(count);
        const auto single = static_cast<float>(bad);
        as_input.replace(5 * sizeof(float), sizeof(float),
                         reinterpret_cast<const char *>(&single), sizeof(float));
        for (const bool has_defined_bits : {false, true}) {
            const auto with = [&](const std::string &bytes) {
                return SimpleBackend([](const Pass &) {}, bytes, has_defined_bits);
            };
            ok(fails(with(probe(count, bad)), GWPARAM_ERR_CONTRACT,
                     "in tendency (row 1, value 1), expected finite numbers", 1.0),
               "an answer that is not finite");
            ok(fails(with(as_input), GWPARAM_ERR_CONTRACT,
                     "in eastward_wind (row 1, value 2), expected finite numbers", 1.0),
               "an input that is not finite");
        }
    }
}

// A backend whose bits the artefact defines has no tolerance.
void test_bits() {
    const auto zero = [](std::int64_t sign_of_row) {
        return SimpleBackend(
            [=](const Pass &pass) {
                auto *tendency = values_in<double>(pass.outputs[0]);
                for (std::int64_t n = 0; n < chunk * nlev; ++n) {
                    tendency[n] = n / nlev == sign_of_row ? -0.0 : 0.0;
                }
            },
            std::string(probe(count), 0, count * nlev * sizeof(float)) +
                std::string(count * nlev * sizeof(double), '\0'),
            true);
    };
    ok(passes(zero(-1)), "the bits of the probe");
    const double last_bit = std::nextafter(11.0, 12.0) - 11.0;
    ok(passes(doubling(probe(count, last_bit)), 1e-9), "in its tolerance");
    const SimpleBackend doubled = doubling(probe(count, last_bit));
    ok(fails(SimpleBackend(
                 [body = doubled](const Pass &pass) mutable { body.forward({pass}); },
                 doubled.probe(), true),
             GWPARAM_ERR_INFERENCE, "the probe has other bits in tendency", 1e-9),
       "but not in the last bit where bits are defined");
    ok(fails(zero(chunk - 1), GWPARAM_ERR_INFERENCE, "other bits", 1.0),
       "the sign of a zero is one, in any place");
}

void test_size() {
    constexpr auto right = static_cast<std::int64_t>(count * nlev * (4 + 8));
    for (const std::int64_t size : {std::int64_t{0}, right - 1, right + 1}) {
        std::string bytes = probe(count);
        bytes.resize(static_cast<std::size_t>(size));
        SimpleBackend backend = doubling(bytes);
        ok(throws(GWPARAM_ERR_CONTRACT,
                  "the probe has " + std::to_string(size) + " bytes, expected 180",
                  [&] {
                      gwparam::check_probe(column(), backend.probe(), backend, chunk,
                                           1.0);
                  }) &&
               backend.passes() == 0,
           "another size than the contract says");
    }
}

// Nothing is made for columns that are not there: these would be 7 PB.
void test_columns_that_are_not_there() {
    Contract vast = column();
    vast.probe_columns = 100000000;
    for (auto *fields : {&vast.inputs, &vast.outputs}) {
        fields->front().levels = 100000;
        fields->resize(60, fields->front());
    }
    SimpleBackend backend = doubling(probe(count));
    ok(throws(
           GWPARAM_ERR_CONTRACT, "the probe has 180 bytes, expected 7200000000000000",
           [&] { gwparam::check_probe(vast, backend.probe(), backend, chunk, 1.0); }),
       "a probe that no memory holds");
}

} // namespace

int main() {
    test_passes();
    test_image();
    test_differences();
    test_not_finite_is_remembered();
    test_a_probe_is_finite();
    test_bits();
    test_size();
    test_columns_that_are_not_there();
    return done_testing();
}
