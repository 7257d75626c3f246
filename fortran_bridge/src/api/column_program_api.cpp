// A column program without an artefact around it.
#include <string>

#include "api/boundary.hpp"
#include "base/error.hpp"
#include "engine/column_program.hpp"
#include "engine/program.hpp"
#include "engine/targets.hpp"
#include "gwparam_column_program.h"
#include "threads/thread_pool.hpp"

namespace {

using namespace gwparam;

template <typename Byte>
BatchField<Byte> field(const std::string &name, Byte *data, Dtype dtype,
                       std::int64_t columns, std::int64_t size) {
    if (data == nullptr) {
        reject_argument(name + " is null");
    }
    return {data, dtype, {columns, size}};
}

void run(const char *text, const void *weights, std::int64_t weights_bytes,
         std::int64_t columns, const void *const *inputs, void *const *outputs) {
    if (text == nullptr || inputs == nullptr || outputs == nullptr ||
        (weights == nullptr && weights_bytes != 0)) {
        reject_argument("program, weights, inputs or outputs is null");
    }
    if (columns < 1 || weights_bytes < 0) {
        reject_argument("columns is " + std::to_string(columns) +
                        " and weights_bytes " + std::to_string(weights_bytes) +
                        ", expected at least 1 and 0");
    }
    const std::string json = text;
    const std::string numbers(static_cast<const char *>(weights),
                              static_cast<std::size_t>(weights_bytes));
    const Program program = read_program(json, numbers.size());
    Pass pass;
    for (const ProgramInput &input : program.inputs) {
        const auto *data = static_cast<const std::byte *>(inputs[pass.inputs.size()]);
        pass.inputs.push_back(
            field(input.name, data, program.dtype, columns, input.size));
    }
    for (const ProgramOutput &output : program.outputs) {
        auto *data = static_cast<std::byte *>(outputs[pass.outputs.size()]);
        pass.outputs.push_back(
            field(output.name, data, program.dtype, columns, size_of(output.from)));
    }
    ThreadPool caller(1);
    column_program(json, numbers, caller, usable_targets().front())->forward({pass});
}

} // namespace

gwparam_status gwparam_column_program_run(const char *program, const void *weights,
                                          int64_t weights_bytes, int64_t columns,
                                          const void *const *inputs,
                                          void *const *outputs) {
    return guarded(
        [&] { run(program, weights, weights_bytes, columns, inputs, outputs); });
}
