// Dense layers: bits of the definition from every target, whatever is zero.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/targets.hpp"
#include "tap.h"

namespace {

using gwparam::dense_block;

template <typename T> struct Layer {
    std::int64_t inputs;
    std::int64_t outputs;
    std::vector<T> weights; // (outputs, inputs)
    std::vector<T> bias;
    bool relu;
};

// What is rare: products that underflow, -0 and what is not finite.
template <typename T> class Numbers {
  public:
    explicit Numbers(unsigned seed) : random_(seed) {}

    std::int64_t between(int first, int last) {
        return std::uniform_int_distribution<int>(first, last)(random_);
    }
    T finite() {
        const T tiny = std::numeric_limits<T>::min();
        const T rare[] = {T(0), T(-0.0), tiny, -tiny, T(1)};
        return between(0, 3) == 0 ? rare[between(0, 4)] : T(normal_(random_));
    }
    T any() {
        const T infinity = std::numeric_limits<T>::infinity();
        const T rare[] = {infinity, -infinity, T(NAN)};
        return between(0, 30) == 0 ? rare[between(0, 2)] : finite();
    }

  private:
    std::mt19937 random_;
    std::normal_distribution<double> normal_;
};

template <typename T> Layer<T> random_layer(Numbers<T> &numbers, bool is_finite) {
    Layer<T> layer{numbers.between(1, 40), numbers.between(1, 40), {}, {}, false};
    for (std::int64_t i = 0; i < layer.inputs * layer.outputs; ++i) {
        layer.weights.push_back(is_finite ? numbers.finite() : numbers.any());
    }
    for (std::int64_t m = 0; m < layer.outputs; ++m) {
        layer.bias.push_back(numbers.finite());
    }
    layer.relu = numbers.between(0, 1) == 1;
    return layer;
}

// (inputs, lanes), many rows of which are zero, +0 or -0, in all lanes or nearly all.
template <typename T>
std::vector<T> random_inputs(Numbers<T> &numbers, std::int64_t inputs,
                             std::int64_t lanes) {
    std::vector<T> x;
    for (std::int64_t k = 0; k < inputs; ++k) {
        const std::int64_t zeros = numbers.between(0, 3);
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            const bool is_zero = zeros > 1 || (zeros == 1 && numbers.between(0, 9) > 0);
            x.push_back(!is_zero                     ? numbers.any()
                        : numbers.between(0, 1) == 0 ? T(0)
                                                     : T(-0.0));
        }
    }
    return x;
}

template <typename T>
std::vector<T> defined(const Layer<T> &layer, const std::vector<T> &x,
                       std::int64_t lanes) {
    std::vector<T> y;
    for (std::int64_t i = 0; i < layer.outputs * lanes; ++i) {
        const std::int64_t m = i / lanes;
        T sum = layer.bias[std::size_t(m)];
        for (std::int64_t k = 0; k < layer.inputs; ++k) {
            sum = std::fma(layer.weights[std::size_t(m * layer.inputs + k)],
                           x[std::size_t(k * lanes + i % lanes)], sum);
        }
        sum += T(0);
        y.push_back(layer.relu && sum < 0 ? T(0) : sum);
    }
    return y;
}

// What is behind the end of x must not matter either.
template <typename T>
std::vector<T> computed(const gwparam::Target &target, const Layer<T> &layer,
                        bool is_finite, std::vector<T> x, std::int64_t lanes) {
    const std::int64_t blocks = (layer.outputs + dense_block - 1) / dense_block;
    std::vector<T> weights(std::size_t(blocks * layer.inputs * dense_block));
    std::vector<T> bias(std::size_t(blocks * dense_block));
    for (std::int64_t m = 0; m < layer.outputs; ++m) {
        bias[std::size_t(m)] = layer.bias[std::size_t(m)];
        for (std::int64_t k = 0; k < layer.inputs; ++k) {
            const std::int64_t at =
                (m / dense_block * layer.inputs + k) * dense_block + m % dense_block;
            weights[std::size_t(at)] = layer.weights[std::size_t(m * layer.inputs + k)];
        }
    }
    x.resize(x.size() + gwparam::vector_bytes / sizeof(T), T(NAN));
    std::vector<T> y(std::size_t(layer.outputs * lanes));
    std::vector<std::int32_t> used(std::size_t(layer.inputs));
    gwparam::kernels_of<T>(target).dense({layer.inputs, layer.outputs, weights.data(),
                                          bias.data(), layer.relu, is_finite},
                                         x.data(), y.data(), lanes, used.data());
    return y;
}

template <typename T> bool same(const std::vector<T> &a, const std::vector<T> &b) {
    bool are_same = a.size() == b.size();
    for (std::size_t i = 0; are_same && i < a.size(); ++i) {
        are_same = (std::isnan(a[i]) && std::isnan(b[i])) ||
                   std::memcmp(&a[i], &b[i], sizeof a[i]) == 0;
    }
    return are_same;
}

template <typename T> void test_bits(const std::string &type, bool is_finite) {
    for (const gwparam::Target &target : gwparam::usable_targets()) {
        Numbers<T> numbers(is_finite ? 1 : 2);
        bool are_same = true;
        for (std::int64_t lanes = 1; lanes <= 150; ++lanes) {
            const Layer<T> layer = random_layer(numbers, is_finite);
            const std::vector<T> x = random_inputs(numbers, layer.inputs, lanes);
            are_same = are_same && same(computed(target, layer, is_finite, x, lanes),
                                        defined(layer, x, lanes));
        }
        ok(are_same, (type + (is_finite ? ", weights finite, " : ", not all finite, ") +
                      target.name)
                         .c_str());
    }
}

} // namespace

int main() {
    for (const bool is_finite : {true, false}) {
        test_bits<float>("float32", is_finite);
        test_bits<double>("float64", is_finite);
    }
    return done_testing();
}
