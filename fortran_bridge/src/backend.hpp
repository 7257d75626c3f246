// What runs a network: loads an artefact, runs one batch of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "array.hpp"

namespace gwparam {

// One field of a batch: the memory of a contiguous tensor.
template <typename Byte> struct BatchField {
    Byte *data;
    Dtype dtype;
    std::vector<std::int64_t> shape;
};

using BatchInput = BatchField<const std::byte>;
using BatchOutput = BatchField<std::byte>;

class Backend {
  public:
    virtual ~Backend() = default;

    virtual const std::string &contract_json() const = 0;
    virtual const std::string &probe_bytes() const = 0;
    virtual bool on_cuda() const = 0;

    // Throws ERR_INFERENCE if the network raises or gives other shapes than asked for.
    virtual void forward(const std::vector<BatchInput> &inputs,
                         const std::vector<BatchOutput> &outputs) = 0;
};

// Throws ERR_FILE, ERR_CONTRACT (no contract or probe inside), ERR_DEVICE.
std::unique_ptr<Backend> load_torch_backend(const std::string &path,
                                            const std::string &device, int threads);

} // namespace gwparam
