// What runs a network: loads the graph of an artefact, runs one batch of rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/dtype.hpp"

namespace gwparam {

class ThreadPool; // threads/thread_pool.hpp

// One field of a batch: the memory of a tensor. It is contiguous but for the image of
// the globe, (levels, nlat, nlon): there the levels of a cell lie side by side, as
// those of a column do, so that nothing has to be turned.
template <typename Byte> struct BatchField {
    Byte *data;
    Dtype dtype = Dtype::float64;
    std::vector<std::int64_t> shape;
    bool levels_last = false;
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

// Where a backend runs its passes.
struct DeviceInfo {
    bool is_accelerator = false;   // else the CPU, in the host's memory
    bool repeats_recorded = false; // work that was recorded once
    DeviceTraffic traffic;
    bool lacks_fma = false; // fused multiply-adds are calls: right, but slow
    int compiled = 0;       // GWPARAM_COMPILED_*
};

class Backend {
  public:
    virtual ~Backend() = default;

    virtual DeviceInfo device() const = 0;

    // Whether the artefact defines every bit of a row: on every machine, and in a pass
    // of any number of rows. If not, all passes have the same number, the last one is
    // padded, and the probe has a tolerance.
    virtual bool has_defined_bits() const { return false; }

    // Runs passes of one shape, in any order. Called from one thread at a time, not
    // always the same one. Throws ERR_INFERENCE if the network raises or gives other
    // shapes than asked for, ERR_DEVICE if the device is lost or out of
    // its memory, ERR_MEMORY if the host is.
    virtual void forward(const std::vector<Pass> &passes) = 0;
};

struct BackendOptions {
    std::string device; // auto, cpu, or an accelerator as cuda or cuda:N
    ThreadPool &pool;   // for passes side by side, and outlives the backend
    int threads;        // on a CPU, at least 1: as many as the pool has, or else
    bool shares_passes; // all of them libtorch's own, in one pass
    int precision;      // GWPARAM_PRECISION_*
    bool may_record;    // an accelerator may record its work once and repeat it
    bool may_use_compiled = false; // a package beside the artefact may run in its place
    std::int64_t member = 0;       // which network of several, from 1; 0: there is one
};

// A kind of backend. Its functions are called from any thread, and side by side.
struct BackendFactory {
    std::string name; // as the contract gives it

    // Loads the graph of an artefact whose contract and probe were read. Throws
    // ERR_FILE, ERR_ARGUMENT (no such name of a device, or a precision that the device
    // lacks), ERR_DEVICE.
    std::unique_ptr<Backend> (*load)(const std::string &path,
                                     const BackendOptions &options);

    // How many there are of those that this device and precision would run on; 0 for
    // none.
    int (*accelerators)(const std::string &device, int precision);
};

} // namespace gwparam
