#include "torch/staging.hpp"

#include <cstring>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace gwparam {

namespace {

// Of every field in a block: what vectorised copies and kernels like best.
constexpr std::int64_t alignment = 64;

c10::ScalarType scalar_type(Dtype dtype) {
    return dtype == Dtype::float32 ? c10::kFloat : c10::kDouble;
}

std::int64_t bytes_of_field(Dtype dtype, const std::vector<std::int64_t> &shape) {
    std::int64_t bytes = dtype == Dtype::float32 ? 4 : 8;
    for (const std::int64_t extent : shape) {
        bytes *= extent;
    }
    return bytes;
}

template <typename Field> std::vector<std::int64_t> strides_of(const Field &field) {
    const std::vector<std::int64_t> &shape = field.shape;
    std::vector<std::int64_t> strides(shape.size());
    std::int64_t stride = field.levels_last ? shape.front() : 1;
    for (std::size_t i = shape.size(); i-- > 0;) {
        strides[i] = stride;
        stride *= shape[i];
    }
    if (field.levels_last) {
        strides.front() = 1;
    }
    return strides;
}

std::int64_t aligned(std::int64_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
}

void wait_for(const c10::Device &device) {
    if (!device.is_cpu()) {
        c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
    }
}

} // namespace

template <typename Byte>
StagedFields::StagedFields(const c10::Device &device,
                           const std::vector<BatchField<Byte>> &fields) {
    std::int64_t bytes = 0;
    for (const BatchField<Byte> &field : fields) {
        layout_.push_back({field.dtype, field.shape, field.levels_last, bytes});
        bytes += aligned(bytes_of_field(field.dtype, field.shape));
    }
    const auto block = at::TensorOptions().dtype(c10::kByte);
    host_ = at::empty({bytes}, block.pinned_memory(device.is_cuda()));
    device_ = at::empty({bytes}, block.device(device));
    for (const Layout &layout : layout_) {
        tensors_.push_back(
            device_.narrow(0, layout.offset, bytes_of_field(layout.dtype, layout.shape))
                .view(scalar_type(layout.dtype))
                .as_strided(layout.shape, strides_of(layout)));
    }
}

template <typename Byte>
bool StagedFields::fits(const std::vector<BatchField<Byte>> &fields) const {
    if (fields.size() != layout_.size()) {
        return false;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].dtype != layout_[i].dtype ||
            fields[i].shape != layout_[i].shape ||
            fields[i].levels_last != layout_[i].levels_last) {
            return false;
        }
    }
    return true;
}

std::byte *StagedFields::host(std::size_t field) const {
    return static_cast<std::byte *>(host_.data_ptr()) + layout_[field].offset;
}

DeviceStaging::DeviceStaging(const c10::Device &device,
                             const std::vector<BatchInput> &inputs,
                             const std::vector<BatchOutput> &outputs)
    : device_(device), inputs_(device, inputs), outputs_(device, outputs) {}

bool DeviceStaging::fits(const std::vector<BatchInput> &inputs,
                         const std::vector<BatchOutput> &outputs) const {
    return inputs_.fits(inputs) && outputs_.fits(outputs);
}

void DeviceStaging::send(const std::vector<BatchInput> &inputs,
                         DeviceTraffic &traffic) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        std::memcpy(
            inputs_.host(i), inputs[i].data,
            static_cast<std::size_t>(bytes_of_field(inputs[i].dtype, inputs[i].shape)));
    }
    inputs_.copy_to_device();
    traffic.to_device_bytes += inputs_.bytes();
}

void DeviceStaging::receive(const std::vector<BatchOutput> &outputs,
                            DeviceTraffic &traffic) {
    outputs_.copy_to_host();
    wait_for(device_);
    traffic.to_host_bytes += outputs_.bytes();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        std::memcpy(outputs[i].data, outputs_.host(i),
                    static_cast<std::size_t>(
                        bytes_of_field(outputs[i].dtype, outputs[i].shape)));
    }
}

at::Tensor tensor_on(const BatchInput &field) {
    return at::from_blob(const_cast<std::byte *>(field.data), field.shape,
                         strides_of(field), scalar_type(field.dtype));
}

at::Tensor tensor_on(const BatchOutput &field) {
    return at::from_blob(field.data, field.shape, strides_of(field),
                         scalar_type(field.dtype));
}

} // namespace gwparam
