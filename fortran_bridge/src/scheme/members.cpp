#include "scheme/members.hpp"

#include <algorithm>
#include <utility>

#include "base/host_environment.hpp"
#include "scheme/member_choice.hpp"

namespace gwparam {

namespace {

std::int64_t numbers_of(const BatchOutput &output) {
    std::int64_t count = 1;
    for (const std::int64_t extent : output.shape) {
        count *= extent;
    }
    return count;
}

} // namespace

void Members::add(std::int64_t member, std::unique_ptr<Backend> network) {
    networks_[member] = std::move(network);
}

DeviceInfo Members::device() const {
    DeviceInfo all;
    for (const auto &[member, network] : networks_) {
        const DeviceInfo its = network->device();
        all.is_accelerator |= its.is_accelerator;
        all.repeats_recorded |= its.repeats_recorded;
        all.traffic.to_device_bytes += its.traffic.to_device_bytes;
        all.traffic.to_host_bytes += its.traffic.to_host_bytes;
        all.lacks_fma |= its.lacks_fma;
        all.compiled = std::max(all.compiled, its.compiled);
    }
    return all;
}

bool Members::has_defined_bits() const {
    return std::all_of(networks_.begin(), networks_.end(), [](const auto &entry) {
        return entry.second->has_defined_bits();
    });
}

void Members::forward(const std::vector<Pass> &passes) {
    if (chosen_ != MemberChoice::mean) {
        networks_.at(chosen_)->forward(passes);
        return;
    }
    for (auto next = networks_.begin(); next != networks_.end();) {
        const bool is_first = next == networks_.begin();
        next->second->forward(passes);
        ++next;
        take_in(passes, is_first, next == networks_.end());
    }
}

// What a member gave lies where the mean will.
void Members::take_in(const std::vector<Pass> &passes, bool is_first, bool is_last) {
    const auto count = static_cast<double>(networks_.size());
    std::size_t n = 0;
    for (const Pass &pass : passes) {
        for (const BatchOutput &output : pass.outputs) {
            if (sums_.size() == n) {
                sums_.emplace_back();
            }
            std::vector<double> &sum = sums_[n++];
            const std::int64_t numbers = numbers_of(output);
            sum.resize(static_cast<std::size_t>(numbers));
            const auto add = [&](auto *value) {
                using Value = std::remove_pointer_t<decltype(value)>;
                pool_.run_ranges(numbers, 1, [&](std::int64_t first, std::int64_t end) {
                    const StandardFloatEnvironment environment;
                    for (std::int64_t i = first; i < end; ++i) {
                        double &its = sum[static_cast<std::size_t>(i)];
                        const auto given = static_cast<double>(value[i]);
                        its = is_first ? given : its + given;
                        if (is_last) {
                            value[i] = static_cast<Value>(its / count);
                        }
                    }
                });
            };
            if (output.dtype == Dtype::float32) {
                add(reinterpret_cast<float *>(output.data));
            } else {
                add(reinterpret_cast<double *>(output.data));
            }
        }
    }
}

} // namespace gwparam
