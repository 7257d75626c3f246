// Networks of single columns as column programs, run on the CPU without libtorch.
#pragma once

#include <memory>
#include <string>

#include "artefact/backend.hpp"
#include "engine/kernels.hpp"

namespace gwparam {

constexpr const char *program_file = "column_program.json";
constexpr const char *weights_file = "column_weights.bin";

// As BackendFactory says. Knows no accelerator and no precision but the exported one.
std::unique_ptr<Backend> load_column_program(const std::string &path,
                                             const BackendOptions &options);

// Of the contents of both files, on a processor of this kind. The pool must outlive it.
std::unique_ptr<Backend> column_program(const std::string &json,
                                        const std::string &weights, ThreadPool &pool,
                                        const Target &target);

} // namespace gwparam
