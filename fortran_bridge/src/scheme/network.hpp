// The one copy of a network that an owner runs, on the device that it has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "columns/horizontal.hpp"
#include "gwparam.h"
#include "ranks/placement.hpp"

namespace gwparam {

class Network {
  public:
    // Loads the artefact, which must hold `json`, checks it against its own probe and
    // warms it up. The contract must outlive the network.
    Network(const std::string &path, const std::string &json, const Contract &contract,
            const Placement &placement, const gwparam_options &options);

    // Where the device fails and that is allowed, goes on on the CPU. Called from one
    // thread at a time.
    void run(HorizontalStage &stage, std::vector<Rows> &inputs,
             std::vector<Rows> &outputs);

    bool on_cuda() const { return backend_->on_cuda(); }
    bool on_graphs() const { return backend_->on_graphs(); }
    bool fell_back() const { return fell_back_; }
    DeviceTraffic traffic() const;
    double seconds() const { return seconds_; }

  private:
    void load(const std::string &device, int precision);
    void go_on_on_cpu(const Error &why);

    std::string path_;
    std::string json_;
    const Contract &contract_;
    int threads_;
    gwparam_options options_;
    std::unique_ptr<Backend> backend_;
    DeviceTraffic earlier_traffic_; // of devices that failed
    bool fell_back_ = false;
    double seconds_ = 0.0; // in run()
};

} // namespace gwparam
