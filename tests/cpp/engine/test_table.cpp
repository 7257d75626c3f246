// Tables: bits of the definition from every target, inside, outside and on the edges.
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/targets.hpp"
#include "scalar_interpreter.hpp"
#include "tap.h"

namespace {

using nlohmann::json;

// Three units; cells of 0.5 by 0.25 from (-1, 2) on, of different random numbers.
struct Example {
    std::vector<float> weights{0.5F,  -1.0F, 2.0F, 0.25F, 1.5F, -0.5F, // (units, 2)
                               0.1F,  -0.2F, 0.3F,                     // bias
                               1.0F,  -2.0F, 0.5F, 0.7F,               // sum, shift
                               -1.0F, 2.0F,  2.0F, 4.0F};              // place
    gwparam::FunctionTable table{{-1.0F, 2.0F}, {2.0F, 4.0F}, {3, 5}, nullptr};
    json program;

    Example() {
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        const std::size_t patches = weights.size();
        for (int i = 0; i < 3 * 5 * gwparam::patch_numbers; ++i) {
            weights.push_back(normal(random));
        }
        table.patches = weights.data() + patches;
        program["inputs"] = {{{"name", "x"}, {"size", 2}}};
        json its = {{"op", "function"}, {"args", {{{0, 2, 1}}}}, {"rows", 1}};
        its.update({{"inputs", 2}, {"units", 3}, {"activation", "silu"}});
        its.update({{"weight", 0}, {"bias", 6}, {"sum", 9}, {"shift", 12}});
        its["table"] = {{"counts", {3, 5}}, {"place", 13}, {"patches", patches}};
        program["instructions"] = {its};
        program["outputs"] = {{{"name", "y"}, {"from", {{2, 1, 1}}}}};
    }

    gwparam::SmallFunction<float> function() const {
        const float *w = weights.data();
        return {2, 3, gwparam::Activation::silu, w, w + 6, w + 9, w[12], &table};
    }
};

// The edges, their neighbours and what is not finite among points around the table.
std::vector<float> points(std::mt19937 &random, float first, float last) {
    const float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> some{first,
                            last,
                            std::nextafter(first, -infinity),
                            std::nextafter(last, first),
                            infinity,
                            -infinity,
                            NAN,
                            0.0F};
    std::uniform_real_distribution<float> around(first - 0.1F, last + 0.1F);
    while (some.size() < 60) {
        some.push_back(around(random));
    }
    return some;
}

void test_bits(const gwparam::Target &target) {
    const Example example;
    std::mt19937 random(2);
    std::vector<std::vector<float>> pairs;
    for (const float x : points(random, -1.0F, 0.5F)) {
        for (const float y : points(random, 2.0F, 3.25F)) {
            pairs.push_back({x, y});
        }
    }
    std::shuffle(pairs.begin(), pairs.end(), random);
    ScalarInterpreter<float> interpreter(example.program, example.weights);
    bool are_same = true;
    std::size_t at = 0;
    for (std::size_t lanes = 1; lanes <= 80; ++lanes) {
        std::vector<float> x(2 * lanes + gwparam::vector_bytes, NAN);
        std::vector<float> y(lanes + 1, -7.0F);
        for (std::size_t lane = 0; lane < lanes; ++lane, ++at) {
            x[lane] = pairs[at % pairs.size()][0];
            x[lanes + lane] = pairs[at % pairs.size()][1];
        }
        gwparam::kernels_of<float>(target).small_function(
            example.function(), x.data(), y.data(), std::int64_t(lanes));
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float expected = interpreter.run({x[lane], x[lanes + lane]})[0];
            are_same = are_same && same_bits(y[lane], expected);
        }
        are_same = are_same && y[lanes] == -7.0F;
    }
    ok(are_same && at > 3000, target.name);
}

} // namespace

int main() {
    for (const gwparam::Target &target : gwparam::usable_targets()) {
        test_bits(target);
    }
    return done_testing();
}
