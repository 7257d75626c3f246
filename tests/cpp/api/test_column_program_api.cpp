// A column program by itself: what it gives, and what is refused.
#include <cmath>
#include <string>

#include "gwparam_column_program.h"
#include "tap.h"

namespace {

// y = 2 x0 + x1, of two inputs; z = y < 0.
constexpr const char *program = R"({"version": 1, "dtype": "float64",
    "inputs": [{"name": "a", "size": 1}, {"name": "b", "size": 1}],
    "instructions": [
        {"op": "fma", "args": [[["w", 0, 1, 1]], [[0, 1, 1]], [[1, 1, 1]]], "size": 1},
        {"op": "lt", "args": [[[2, 1, 1]], [["w", 1, 1, 1]]], "size": 1}],
    "outputs": [{"name": "y", "from": [[2, 1, 1]]}, {"name": "z", "from": [[3, 1, 1]]}],
    "weights": 2})";
constexpr double weights[] = {2.0, 0.0};
constexpr double a[] = {1.0, -2.0, 0.5};
constexpr double b[] = {0.25, 1.0, -1.0};
constexpr const void *inputs[] = {a, b};

bool fails(gwparam_status status, gwparam_status expected, const std::string &text) {
    char message[512];
    const gwparam_status told = gwparam_last_error(message, sizeof message);
    printf("# %d %s\n", status, message);
    return told == GWPARAM_OK && status == expected &&
           std::string(message).find(text) != std::string::npos;
}

} // namespace

int main() {
    double y[3] = {};
    double z[3] = {};
    void *const outputs[] = {y, z};
    void *const no_second[] = {y, nullptr};
    const gwparam_status status = gwparam_column_program_run(
        program, weights, sizeof weights, 3, inputs, outputs);
    ok(status == GWPARAM_OK && y[0] == 2.25 && y[1] == -3.0 && y[2] == 0.0 &&
           z[0] == 0.0 && z[1] == 1.0 && z[2] == 0.0,
       "every output of every column");
    y[0] = 7.0;
    const auto run = [&](const char *text, std::int64_t bytes, std::int64_t columns,
                         void *const *to) {
        return gwparam_column_program_run(text, weights, bytes, columns, inputs, to);
    };
    ok(fails(run(nullptr, 16, 3, outputs), GWPARAM_ERR_ARGUMENT, "program") &&
           fails(run(program, 16, 3, nullptr), GWPARAM_ERR_ARGUMENT, "outputs is null"),
       "null");
    ok(fails(run(program, 16, 0, outputs), GWPARAM_ERR_ARGUMENT, "columns is 0"),
       "no columns");
    ok(fails(run(program, 16, 3, no_second), GWPARAM_ERR_ARGUMENT, "z is null"),
       "an output without memory, by its name");
    ok(fails(run(program, 8, 3, outputs), GWPARAM_ERR_CONTRACT,
             "weights is 16 bytes, expected the 8"),
       "too few weights");
    ok(fails(run("{", 16, 3, outputs), GWPARAM_ERR_CONTRACT, "column_program.json"),
       "no program");
    ok(y[0] == 7.0, "and nothing was written");
    return done_testing();
}
