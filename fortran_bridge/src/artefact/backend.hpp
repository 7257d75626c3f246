// What runs a network: loads an artefact, runs one batch of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "columns/array.hpp"

namespace gwparam {

// One field of a batch: the memory of a contiguous tensor.
template <typename Byte> struct BatchField {
    Byte *data;
    Dtype dtype;
    std::vector<std::int64_t> shape;
};

using BatchInput = BatchField<const std::byte>;
using BatchOutput = BatchField<std::byte>;

// What one forward pass reads and writes.
struct Pass {
    std::vector<BatchInput> inputs;
    std::vector<BatchOutput> outputs;
};

// What a backend copied between the host's memory and a device's.
struct DeviceTraffic {
    std::int64_t to_device_bytes = 0;
    std::int64_t to_host_bytes = 0;
};

class Backend {
  public:
    virtual ~Backend() = default;

    virtual const std::string &contract_json() const = 0;
    virtual const std::string &probe_bytes() const = 0;
    virtual bool on_cuda() const = 0;
    // Whether a forward pass repeats a recorded CUDA graph.
    virtual bool on_graphs() const = 0;
    virtual DeviceTraffic traffic() const = 0;

    // Runs passes of one shape, in any order. Called from one thread at a time, not
    // always the same one. Throws ERR_INFERENCE if the network raises or gives other
    // shapes than asked for, ERR_DEVICE if the device is lost or out of
    // its memory, ERR_MEMORY if the host is.
    virtual void forward(const std::vector<Pass> &passes) = 0;
};

struct BackendOptions {
    std::string device; // auto, cpu, cuda or cuda:N
    int threads;        // on a CPU, at least 1
    bool shares_passes; // all threads in one pass, or else each in passes of its own
    int precision;      // GWPARAM_PRECISION_*
    int graphs;         // GWPARAM_GRAPHS_*
};

// Throws ERR_FILE, ERR_CONTRACT (no contract or probe inside), ERR_ARGUMENT (no such
// name of a device, or a precision that the device lacks), ERR_DEVICE.
std::unique_ptr<Backend> load_backend(const std::string &path,
                                      const BackendOptions &options);

// The contract alone, without the weights. Throws ERR_FILE, ERR_CONTRACT.
std::string read_contract_json(const std::string &path);

// Number of CUDA devices; 0 where there are none.
int cuda_device_count();

} // namespace gwparam
