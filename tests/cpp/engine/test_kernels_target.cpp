// Functions: the same bits from every target; errors against functions of more digits,
// over the whole range of float32, of which `stride` numbers are one.
#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/targets.hpp"
#include "tap.h"

namespace {

using gwparam::Operation;
using gwparam::Target;

template <typename T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

template <typename T> T from_bits(Bits<T> bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

template <typename T> bool same(T a, T b) {
    return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

template <typename T>
std::vector<T> computed(const Target &target, Operation operation,
                        const std::vector<T> &a, const std::vector<T> &b = {},
                        const std::vector<T> &c = {}) {
    std::vector<T> out(a.size());
    const std::size_t room = gwparam::vector_bytes / sizeof(T);
    const auto wide = [room](std::vector<T> x) {
        x.resize(x.size() + room);
        return x;
    };
    gwparam::kernels_of<T>(target).apply(operation, out.data(), wide(a).data(),
                                         wide(b).data(), wide(c).data(), a.size());
    return out;
}

// All bit patterns, each `stride`th; of float64 random ones, and some of few bits.
template <typename T> std::vector<T> sample(std::uint32_t stride) {
    std::vector<T> values;
    std::mt19937_64 random(1);
    for (std::uint64_t i = 0; i < (std::uint64_t{1} << 32); i += stride) {
        values.push_back(from_bits<T>(sizeof(T) == 4 ? Bits<T>(i) : Bits<T>(random())));
    }
    const T limits[] = {0,
                        1,
                        2,
                        3,
                        T(0.5),
                        T(1.5),
                        10,
                        std::numeric_limits<T>::infinity(),
                        std::numeric_limits<T>::quiet_NaN(),
                        std::numeric_limits<T>::max(),
                        std::numeric_limits<T>::min(),
                        std::numeric_limits<T>::denorm_min()};
    for (const T value : limits) {
        values.push_back(value);
        values.push_back(-value);
    }
    std::normal_distribution<double> normal;
    for (int i = 0; i < 200000; ++i) { // where networks are
        values.push_back(T(normal(random) * 4.0));
    }
    return values;
}

// In units of the last place of the result.
template <typename T> double error(T value, long double expected) {
    const T rounded = T(expected);
    if (std::isnan(value) || std::isnan(rounded) || std::isinf(value) ||
        std::isinf(rounded)) {
        const bool is_close =
            same(value, rounded) || (!std::isnan(value) && !std::isnan(rounded) &&
                                     std::nextafter(value, rounded) == rounded);
        return is_close ? 0.0 : HUGE_VAL;
    }
    int exponent = 0;
    std::frexp(rounded, &exponent);
    exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
    return double(std::fabs(static_cast<long double>(value) - expected) *
                  std::ldexp(1.0L, std::numeric_limits<T>::digits - exponent));
}

using Wide = long double;

struct Function {
    const char *name;
    Operation operation;
    Wide (*exact)(Wide);
    double bounds[2]; // of float32 and float64, units of the last place
};

Wide sigmoid(Wide x) {
    return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
// Beyond, an angle gives NaN.
Wide sine(Wide x) { return std::fabs(x) < 0x1.9p20L ? std::sin(x) : NAN; }
Wide cosine(Wide x) { return std::fabs(x) < 0x1.9p20L ? std::cos(x) : NAN; }

const Function functions[] = {
    {"sqrt", Operation::sqrt, [](Wide x) { return std::sqrt(x); }, {0.501, 0.501}},
    {"cbrt", Operation::cbrt, [](Wide x) { return std::cbrt(x); }, {0.501, 0.7}},
    {"exp", Operation::exp, [](Wide x) { return std::exp(x); }, {1.2, 1.2}},
    {"log", Operation::log, [](Wide x) { return std::log(x); }, {0.501, 0.6}},
    {"sin", Operation::sin, sine, {0.501, 0.8}},
    {"cos", Operation::cos, cosine, {0.501, 0.8}},
    {"tanh", Operation::tanh, [](Wide x) { return std::tanh(x); }, {2.5, 2.5}},
    {"sigmoid", Operation::sigmoid, sigmoid, {2.5, 2.5}},
    {"erf", Operation::erf, [](Wide x) { return std::erf(x); }, {0.501, 5.0}},
    {"reciprocal", Operation::reciprocal, [](Wide x) { return 1 / x; }, {0.501, 0.501}},
};

template <typename T> void test_errors(const std::string &type, std::uint32_t stride) {
    if (LDBL_MANT_DIG <= DBL_MANT_DIG && sizeof(T) == 8) {
        return; // nothing to compare with
    }
    const Target target = gwparam::usable_targets().front();
    const std::vector<T> x = sample<T>(stride);
    for (const Function &function : functions) {
        const std::vector<T> y = computed(target, function.operation, x);
        double largest = 0.0;
        T worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double its = error(y[i], function.exact(x[i]));
            if (!(its <= largest)) {
                largest = its;
                worst = x[i];
            }
        }
        const double bound = function.bounds[sizeof(T) / 8];
        printf("# %s %s: %.3f at %.17g\n", type.c_str(), function.name, largest,
               double(worst));
        ok(largest <= bound, (type + ": error of " + function.name).c_str());
    }
}

template <typename T> void test_power(const std::string &type, double bound) {
    if (LDBL_MANT_DIG <= DBL_MANT_DIG && sizeof(T) == 8) {
        return;
    }
    const Target target = gwparam::usable_targets().front();
    std::vector<T> x;
    std::vector<T> y;
    std::mt19937_64 random(2);
    std::lognormal_distribution<double> base(0.0, 3.0);
    std::normal_distribution<double> exponent(0.0, 3.0);
    for (int i = 0; i < 300000; ++i) {
        x.push_back(T(base(random)));
        y.push_back(T(exponent(random)));
    }
    const T infinity = std::numeric_limits<T>::infinity();
    const T bases[] = {0,      T(-0.0), 1,        -1,        2,     -2,
                       T(0.5), T(-0.5), infinity, -infinity, T(NAN)};
    const T exponents[] = {0,  T(-0.0), 1,       -1,      2,        -2,        3,
                           -3, T(0.5),  T(-0.5), T(1e30), infinity, -infinity, T(NAN)};
    for (const T b : bases) {
        for (const T e : exponents) {
            x.push_back(b);
            y.push_back(e);
        }
    }
    const std::vector<T> z = computed(target, Operation::pow, x, y);
    double largest = 0.0;
    bool have_signs = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Wide exact = std::pow(Wide(x[i]), Wide(y[i]));
        const double its = error(z[i], exact);
        if (!(its <= bound)) {
            printf("# pow(%g, %g) is %g\n", double(x[i]), double(y[i]), double(z[i]));
        }
        largest = its > largest ? its : largest;
        have_signs = have_signs &&
                     (std::isnan(z[i]) || std::signbit(z[i]) == std::signbit(T(exact)));
    }
    printf("# %s pow: %.3f\n", type.c_str(), largest);
    ok(largest <= bound && have_signs, (type + ": error of pow").c_str());
}

template <typename T> void test_targets(const std::string &type, std::uint32_t stride) {
    const std::vector<Target> targets = gwparam::usable_targets();
    const std::vector<T> x = sample<T>(stride);
    std::vector<T> y(x.rbegin(), x.rend());
    std::vector<T> z(x);
    for (std::size_t i = 0; i < x.size(); i += 5) {
        y[i] = x[i]; // equal ones
        z[i] = -x[i];
    }
    for (const gwparam::OperationName &name : gwparam::operation_names) {
        if (!gwparam::is_elementwise(name.operation)) {
            continue;
        }
        const std::vector<T> expected =
            computed(targets.back(), name.operation, x, y, z);
        for (const Target &target : targets) {
            const std::vector<T> found = computed(target, name.operation, x, y, z);
            bool all = true;
            for (std::size_t i = 0; i < x.size(); ++i) {
                if (!same(found[i], expected[i])) {
                    printf("# %s(%g, %g) is %.17g, expected %.17g\n", name.name,
                           double(x[i]), double(y[i]), double(found[i]),
                           double(expected[i]));
                    all = false;
                    break;
                }
            }
            ok(all, (type + ": bits of " + name.name + ", " + target.name).c_str());
        }
    }
}

template <typename T> void test_order(const std::string &type) {
    const Target target = gwparam::usable_targets().front();
    const std::vector<T> a{T(-0.0), T(0.0), T(NAN), 1, 1};
    const std::vector<T> b{T(0.0), T(-0.0), 1, T(NAN), 2};
    const std::vector<T> least = computed(target, Operation::min, a, b);
    const std::vector<T> largest = computed(target, Operation::max, a, b);
    ok(std::signbit(least[0]) && std::signbit(least[1]) && !std::signbit(largest[0]) &&
           !std::signbit(largest[1]) && least[4] == 1 && largest[4] == 2,
       (type + ": -0 is less than 0").c_str());
    ok(std::isnan(least[2]) && std::isnan(least[3]) && std::isnan(largest[2]) &&
           std::isnan(largest[3]),
       (type + ": NaN is the least and the largest").c_str());
}

} // namespace

// The stride may be given.
int main(int argc, char **argv) {
    const auto stride = std::uint32_t(argc > 1 ? std::atol(argv[1]) : 20011);
    test_errors<float>("float32", stride);
    test_errors<double>("float64", stride);
    test_power<float>("float32", 0.51);
    test_power<double>("float64", 4.0);
    test_targets<float>("float32", stride * 5);
    test_targets<double>("float64", stride * 5);
    test_order<float>("float32");
    test_order<double>("float64");
    return done_testing();
}
