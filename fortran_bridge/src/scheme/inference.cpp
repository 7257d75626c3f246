#include "scheme/inference.hpp"

#include <utility>

#include "artefact/backend_registry.hpp"
#include "columns/vertical.hpp"

namespace gwparam {

Inference::Inference(const Communicator &communicator, const std::string &path,
                     const std::string &json, const Contract &contract,
                     const gwparam_options &options, const MemberChoice &choice)
    : options_(options),
      placement_(placement_of(communicator, contract.geometry.kind, options,
                              backend_named(contract.backend)
                                  .accelerators(options.device, options.precision))),
      pool_(shares_passes(contract) ? 1 : placement_.threads),
      horizontal_(contract, options.chunk_columns),
      plans_(communicator, contract.geometry.kind, placement_.owner),
      site_in_(rows_for(contract.inputs)), site_out_(rows_for(contract.outputs)),
      results_(rows_for(contract.outputs)) {
    communicator.together([&] {
        if (placement_.owner == communicator.rank()) {
            network_ = std::make_unique<Network>(path, json, contract, placement_,
                                                 pool_, options, choice);
        }
    });
}

void Inference::set_positions(const Positions &positions) {
    plans_.set_positions(positions.latitude, positions.longitude, horizontal_);
}

void Inference::set_count(std::int64_t columns) {
    plans_.set_count(columns, horizontal_);
}

void Inference::move_in(std::vector<Rows> &&columns) {
    plans_.move_in(std::move(columns), site_in_);
}

void Inference::launch(std::int64_t member) {
    if (network_ == nullptr) {
        return;
    }
    if (options_.lag == 0) {
        run(member);
    } else {
        background_thread_.start([this, member] { run(member); });
    }
}

void Inference::run(std::int64_t member) {
    network_->run(member, horizontal_, site_in_, site_out_);
}

void Inference::move_out() { plans_.move_out(std::move(site_out_), results_); }

void Inference::to_columns(std::vector<Rows> &columns) {
    horizontal_.to_columns(std::move(results_), columns);
}

void Inference::give_back(std::vector<Rows> &in, std::vector<Rows> &out) {
    take_back(site_in_, in);
    take_back(out, results_);
    take_back(results_, site_out_);
}

void Inference::note(gwparam_statistics &statistics) const {
    statistics.owner = placement_.owner;
    statistics.threads = placement_.threads;
    statistics.staging_bytes =
        horizontal_.bytes() + bytes_of(site_in_) + bytes_of(site_out_);
    if (network_ == nullptr) {
        return;
    }
    const DeviceInfo device = network_->device();
    statistics.on_cuda = device.is_accelerator ? 1 : 0;
    statistics.on_graphs = device.repeats_recorded ? 1 : 0;
    statistics.lacks_fma = device.lacks_fma ? 1 : 0;
    statistics.compiled = device.compiled;
    statistics.fell_back = network_->fell_back() ? 1 : 0;
    statistics.host_to_device_bytes = device.traffic.to_device_bytes;
    statistics.device_to_host_bytes = device.traffic.to_host_bytes;
    statistics.inference_seconds = network_->seconds();
}

} // namespace gwparam
