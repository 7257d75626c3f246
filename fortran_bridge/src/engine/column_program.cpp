#include "engine/column_program.hpp"

#include <algorithm>
#include <atomic>

#include "artefact/archive.hpp"
#include "base/error.hpp"
#include "base/host_environment.hpp"
#include "base/shape.hpp"
#include "engine/machine.hpp"
#include "engine/program.hpp"
#include "engine/targets.hpp"
#include "threads/thread_pool.hpp"

namespace gwparam {

namespace {

// Columns of one field, in the memory of a pass.
template <typename T, typename Field> T *numbers_of(const Field &field) {
    return reinterpret_cast<T *>(field.data);
}

template <typename Field> std::int64_t numbers_in_column(const Field &field) {
    std::int64_t size = 1;
    for (std::size_t i = 1; i < field.shape.size(); ++i) {
        size *= field.shape[i];
    }
    return size;
}

template <typename T> class ColumnProgram : public Backend {
  public:
    ColumnProgram(const Program &program, const std::string &weights, ThreadPool &pool,
                  const Target &target)
        : dtype_(program.dtype), lacks_fma_(target.lacks_fma),
          machine_(program, weights, target), pool_(pool) {
        for (const ProgramInput &input : program.inputs) {
            inputs_.push_back({input.name, input.size});
        }
        for (const ProgramOutput &output : program.outputs) {
            outputs_.push_back({output.name, size_of(output.from)});
        }
        for (int i = 0; i < pool.threads(); ++i) {
            memories_.push_back(machine_.memory());
        }
    }

    DeviceInfo device() const override {
        DeviceInfo info;
        info.lacks_fma = lacks_fma_;
        return info;
    }
    bool has_defined_bits() const override { return true; }

    void forward(const std::vector<Pass> &passes) override {
        std::int64_t tiles = 0;
        std::vector<Fields> fields;
        for (const Pass &pass : passes) {
            fields.push_back(checked(pass));
            fields.back().first_tile = tiles;
            tiles += (fields.back().columns + machine_.tile_columns() - 1) /
                     machine_.tile_columns();
        }
        std::atomic<std::int64_t> next{0};
        // A task for each memory; whoever has one takes tiles until there is none left.
        const auto tasks = std::min(memories_.size(), static_cast<std::size_t>(tiles));
        pool_.run(tasks, [&](std::size_t task) {
            const StandardFloatEnvironment environment;
            std::size_t pass = 0;
            for (std::int64_t tile = next++; tile < tiles; tile = next++) {
                while (pass + 1 < fields.size() &&
                       fields[pass + 1].first_tile <= tile) {
                    ++pass;
                }
                const Fields &its = fields[pass];
                const std::int64_t first =
                    (tile - its.first_tile) * machine_.tile_columns();
                machine_.run(memories_[task], its.inputs, its.outputs, first,
                             std::min(machine_.tile_columns(), its.columns - first));
            }
        });
    }

  private:
    // What the program says of a field.
    struct Expected {
        std::string name;
        std::int64_t size = 0;
    };

    struct Fields {
        std::vector<const T *> inputs;
        std::vector<T *> outputs;
        std::int64_t columns;
        std::int64_t first_tile;
    };

    template <typename Field>
    void check(const Field &field, const Expected &expected,
               std::int64_t columns) const {
        if (field.dtype == dtype_ && !field.shape.empty() &&
            field.shape.front() == columns &&
            numbers_in_column(field) == expected.size) {
            return;
        }
        const auto type = [](Dtype dtype) {
            return dtype == Dtype::float32 ? " float32" : " float64";
        };
        throw Error(GWPARAM_ERR_INFERENCE,
                    expected.name + " is " + shape_text(field.shape) +
                        type(field.dtype) + ", the column program has " +
                        std::to_string(expected.size) + " numbers a column," +
                        type(dtype_));
    }

    Fields checked(const Pass &pass) const {
        if (pass.inputs.size() != inputs_.size() ||
            pass.outputs.size() != outputs_.size()) {
            throw Error(GWPARAM_ERR_INFERENCE,
                        "the column program has " + std::to_string(inputs_.size()) +
                            " inputs and " + std::to_string(outputs_.size()) +
                            " outputs, asked for are " +
                            std::to_string(pass.inputs.size()) + " and " +
                            std::to_string(pass.outputs.size()));
        }
        Fields fields{};
        const std::vector<std::int64_t> &shape = pass.inputs.front().shape;
        fields.columns = shape.empty() ? 0 : shape.front();
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            check(pass.inputs[i], inputs_[i], fields.columns);
            fields.inputs.push_back(numbers_of<const T>(pass.inputs[i]));
        }
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            check(pass.outputs[i], outputs_[i], fields.columns);
            fields.outputs.push_back(numbers_of<T>(pass.outputs[i]));
        }
        return fields;
    }

    Dtype dtype_;
    bool lacks_fma_;
    std::vector<Expected> inputs_;
    std::vector<Expected> outputs_;
    Machine<T> machine_;
    std::vector<typename Machine<T>::Memory> memories_; // one a thread
    ThreadPool &pool_;
};

} // namespace

std::unique_ptr<Backend> column_program(const std::string &json,
                                        const std::string &weights, ThreadPool &pool,
                                        const Target &target) {
    const Program program = read_program(json, weights.size());
    if (program.dtype == Dtype::float32) {
        return std::make_unique<ColumnProgram<float>>(program, weights, pool, target);
    }
    return std::make_unique<ColumnProgram<double>>(program, weights, pool, target);
}

std::unique_ptr<Backend> load_column_program(const std::string &path,
                                             const BackendOptions &options) {
    if (options.device != "auto" && options.device != "cpu") {
        reject_argument("device is \"" + options.device +
                        "\", a column program runs on the CPU");
    }
    if (options.precision != GWPARAM_PRECISION_EXPORTED) {
        reject_argument("precision is reduced, a column program has the exported one");
    }
    Archive archive(path);
    return column_program(archive.extra(file_of_member(options.member, program_file)),
                          archive.extra(file_of_member(options.member, weights_file)),
                          options.pool, usable_targets().front());
}

} // namespace gwparam
