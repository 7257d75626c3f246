// The kernels of one target: compiled once for each, with its flags and the macro that
// names it.
#include "engine/dense.hpp"
#include "engine/functions.hpp"
#include "engine/kernels.hpp"
#include "engine/small_function.hpp"

namespace gwparam::GWPARAM_ENGINE {

namespace {

template <typename T, typename Function, typename... Arguments>
inline void each(Function &&function, T *out, std::size_t count,
                 const Arguments *...arguments) {
    constexpr std::size_t width = lanes_of<T>;
    std::size_t i = 0;
    for (; i + width <= count; i += width) {
        store<T>(out + i, function(load(arguments + i)...));
    }
    if (i < count) {
        store_some<T>(out + i, function(load(arguments + i)...),
                      static_cast<std::int64_t>(count - i));
    }
}

template <typename T> inline Vector<T> as_number(Wholes<T> truth) {
    return truth != 0 ? broadcast(T(1)) : Vector<T>{};
}

// A function that there is in float64 alone.
template <typename Function, typename... Doubles_>
inline Doubles in_float64(Function &&function, Doubles x, Doubles_... others) {
    return function(x, others...);
}
template <typename Function, typename... Floats_>
inline Floats in_float64(Function &&function, Floats x, Floats_... others) {
    return widened(function, x, others...);
}

template <typename T>
void apply(Operation operation, T *out, const T *a, const T *b, const T *c,
           std::size_t n) {
    using V = Vector<T>;
    switch (operation) {
    case Operation::neg:
        return each([](V x) { return -x; }, out, n, a);
    case Operation::abs:
        return each([](V x) { return magnitude<T>(x); }, out, n, a);
    case Operation::sqrt:
        return each([](V x) { return sqrt(x); }, out, n, a);
    case Operation::cbrt:
        return each(
            [](V x) { return in_float64([](Doubles d) { return cbrt(d); }, x); }, out,
            n, a);
    case Operation::exp:
        return each([](V x) { return exp<T>(x); }, out, n, a);
    case Operation::log:
        return each([](V x) { return in_float64([](Doubles d) { return log(d); }, x); },
                    out, n, a);
    case Operation::sin:
        return each([](V x) { return in_float64([](Doubles d) { return sin(d); }, x); },
                    out, n, a);
    case Operation::cos:
        return each([](V x) { return in_float64([](Doubles d) { return cos(d); }, x); },
                    out, n, a);
    case Operation::tanh:
        return each([](V x) { return tanh<T>(x); }, out, n, a);
    case Operation::sigmoid:
        return each([](V x) { return sigmoid<T>(x); }, out, n, a);
    case Operation::relu:
        return each([](V x) { return rectified<T>(x); }, out, n, a);
    case Operation::trunc:
        return each([](V x) { return truncated<T>(x); }, out, n, a);
    case Operation::floor:
        return each([](V x) { return floored<T>(x); }, out, n, a);
    case Operation::erf:
        return each([](V x) { return in_float64([](Doubles d) { return erf(d); }, x); },
                    out, n, a);
    case Operation::reciprocal:
        return each([](V x) { return T(1) / x; }, out, n, a);
    case Operation::add:
        return each([](V x, V y) { return x + y; }, out, n, a, b);
    case Operation::sub:
        return each([](V x, V y) { return x - y; }, out, n, a, b);
    case Operation::mul:
        return each([](V x, V y) { return x * y; }, out, n, a, b);
    case Operation::div:
        return each([](V x, V y) { return x / y; }, out, n, a, b);
    case Operation::min:
        return each([](V x, V y) { return minimum<T>(x, y); }, out, n, a, b);
    case Operation::max:
        return each([](V x, V y) { return maximum<T>(x, y); }, out, n, a, b);
    case Operation::pow:
        return each(
            [](V x, V y) {
                return in_float64([](Doubles d, Doubles e) { return pow(d, e); }, x, y);
            },
            out, n, a, b);
    case Operation::lt:
        return each([](V x, V y) { return as_number<T>(x < y); }, out, n, a, b);
    case Operation::le:
        return each([](V x, V y) { return as_number<T>(x <= y); }, out, n, a, b);
    case Operation::gt:
        return each([](V x, V y) { return as_number<T>(x > y); }, out, n, a, b);
    case Operation::ge:
        return each([](V x, V y) { return as_number<T>(x >= y); }, out, n, a, b);
    case Operation::eq:
        return each([](V x, V y) { return as_number<T>(x == y); }, out, n, a, b);
    case Operation::ne:
        return each([](V x, V y) { return as_number<T>(x != y); }, out, n, a, b);
    case Operation::logical_and:
        return each([](V x, V y) { return as_number<T>((x != T(0)) & (y != T(0))); },
                    out, n, a, b);
    case Operation::logical_or:
        return each([](V x, V y) { return as_number<T>((x != T(0)) | (y != T(0))); },
                    out, n, a, b);
    case Operation::select:
        return each([](V x, V y, V z) { return x != T(0) ? y : z; }, out, n, a, b, c);
    case Operation::fma:
        return each([](V x, V y, V z) { return fma(x, y, z); }, out, n, a, b, c);
    case Operation::dense:
    case Operation::function:
    case Operation::running_max:
    case Operation::running_min:
    case Operation::running_sum:
    case Operation::sum:
    case Operation::pick:
        return; // not elementwise
    }
}

template <typename T> std::int64_t multiply_add(std::int64_t count, T *result) {
    constexpr std::int64_t chains = 12; // that do not wait for each other
    Vector<T> x[chains];
    for (std::int64_t i = 0; i < chains; ++i) {
        x[i] = broadcast(T(i));
    }
    const Vector<T> half = broadcast(T(0.5));
    const Vector<T> one = broadcast(T(1));
    const std::int64_t rounds = count / (chains * lanes_of<T>)+100;
    for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
        for (std::int64_t i = 0; i < chains; ++i) {
            x[i] = fma(x[i], half, one); // towards 2
        }
    }
    Vector<T> mean{};
    for (std::int64_t i = 0; i < chains; ++i) {
        mean = mean + x[i] / T(chains);
    }
    *result = mean[0];
    return rounds * chains * lanes_of<T>;
}

} // namespace

extern const Kernels<float> kernels_float32;
extern const Kernels<double> kernels_float64;
const Kernels<float> kernels_float32{apply<float>, dense<float>, small_function<float>,
                                     multiply_add<float>};
const Kernels<double> kernels_float64{apply<double>, dense<double>,
                                      small_function<double>, multiply_add<double>};

} // namespace gwparam::GWPARAM_ENGINE
