// What runs the networks of this library.
#include "artefact/backend_registry.hpp"
#include "base/error.hpp"
#include "engine/column_program.hpp"
#include "torch/graph.hpp"

namespace gwparam {

namespace {

// The artefact has the network's graph beside the program: for accelerators, and for
// precisions that the program does not have.
std::unique_ptr<Backend> load_program_or_graph(const std::string &path,
                                               const BackendOptions &options) {
    const bool is_on_cpu = options.device == "cpu" ||
                           (options.device == "auto" && cuda_device_count() == 0);
    return is_on_cpu && options.precision == GWPARAM_PRECISION_EXPORTED
               ? load_column_program(path, options)
               : load_torchscript(path, options);
}

} // namespace

const std::vector<BackendFactory> &backends() {
    static const std::vector<BackendFactory> all{
        {"torchscript", load_torchscript, cuda_device_count},
        {"column_program", load_program_or_graph, cuda_device_count},
    };
    return all;
}

} // namespace gwparam
