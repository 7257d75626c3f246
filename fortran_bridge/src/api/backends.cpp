// What runs the networks of this library.
#include "api/torch_plugin.hpp"
#include "artefact/backend_registry.hpp"
#include "engine/column_program.hpp"
#include "gwparam.h"

namespace gwparam {

namespace {

// The artefact has the network's graph beside the program: for accelerators, which are
// taken where the host names them, and for precisions that the program does not have.
bool is_for_engine(const std::string &device, int precision) {
    return (device == "auto" || device == "cpu") &&
           precision == GWPARAM_PRECISION_EXPORTED;
}

std::unique_ptr<Backend> load_program_or_graph(const std::string &path,
                                               const BackendOptions &options) {
    return is_for_engine(options.device, options.precision)
               ? load_column_program(path, options)
               : load_torchscript_by_plugin(path, options);
}

int accelerators_for_graph(const std::string &device, int precision) {
    return is_for_engine(device, precision) ? 0 : torch_accelerators(device, precision);
}

} // namespace

const std::vector<BackendFactory> &backends() {
    static const std::vector<BackendFactory> all{
        {"torchscript", load_torchscript_by_plugin, torch_accelerators},
        {"column_program", load_program_or_graph, accelerators_for_graph},
    };
    return all;
}

} // namespace gwparam
