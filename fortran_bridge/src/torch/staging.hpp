// The fields of one forward pass on a device: one copy in and one copy out.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "artefact/backend.hpp"

namespace gwparam {

// Fields one after the other in one block of the host's memory, pinned for a CUDA
// device, and in a block alike of the device's.
class StagedFields {
  public:
    template <typename Byte>
    StagedFields(const c10::Device &device,
                 const std::vector<BatchField<Byte>> &fields);

    template <typename Byte>
    bool fits(const std::vector<BatchField<Byte>> &fields) const;

    std::int64_t bytes() const { return host_.numel(); }

    // On the device.
    const std::vector<at::Tensor> &tensors() const { return tensors_; }

    // Neither waits for the device.
    void copy_to_device() { device_.copy_(host_, /*non_blocking=*/true); }
    void copy_to_host() { host_.copy_(device_, /*non_blocking=*/true); }

    std::byte *host(std::size_t field) const;

  private:
    struct Layout {
        Dtype dtype;
        std::vector<std::int64_t> shape;
        bool levels_last;
        std::int64_t offset;
    };

    std::vector<Layout> layout_;
    at::Tensor host_;
    at::Tensor device_;
    std::vector<at::Tensor> tensors_;
};

class DeviceStaging {
  public:
    DeviceStaging(const c10::Device &device, const std::vector<BatchInput> &inputs,
                  const std::vector<BatchOutput> &outputs);

    // Whether this was made for fields of these types and shapes.
    bool fits(const std::vector<BatchInput> &inputs,
              const std::vector<BatchOutput> &outputs) const;

    // What the network takes, and where its results go.
    const std::vector<at::Tensor> &inputs() const { return inputs_.tensors(); }
    const std::vector<at::Tensor> &outputs() const { return outputs_.tensors(); }

    // Begins the copy; the caller's memory is free again.
    void send(const std::vector<BatchInput> &inputs, DeviceTraffic &traffic);

    // Waits for all that the device was given to do.
    void receive(const std::vector<BatchOutput> &outputs, DeviceTraffic &traffic);

  private:
    c10::Device device_;
    StagedFields inputs_;
    StagedFields outputs_;
};

// A tensor on the memory of a batch field.
at::Tensor tensor_on(const BatchInput &field);
at::Tensor tensor_on(const BatchOutput &field);

} // namespace gwparam
