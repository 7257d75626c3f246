// The one copy of an artefact's networks that an owner runs, on the device that it has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "artefact/archive.hpp"
#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "columns/horizontal.hpp"
#include "gwparam.h"
#include "ranks/placement.hpp"
#include "scheme/member_choice.hpp"
#include "scheme/members.hpp"
#include "threads/thread_pool.hpp"

namespace gwparam {

// Products and sums are cut for the threads that share them, and rounded as they are
// cut; a column must not change with the number of threads. An image is one pass, whose
// threads are the backend's own.
inline bool shares_passes(const Contract &contract) {
    return contract.geometry.kind == GeometryKind::global;
}

class Network {
  public:
    // Loads those members of the artefact, which must hold `json`, that the choice
    // needs, checks each against its own probe and warms it up. The contract and the
    // pool must outlive the network.
    Network(const std::string &path, const std::string &json, const Contract &contract,
            const Placement &placement, ThreadPool &pool,
            const gwparam_options &options, const MemberChoice &choice);

    // Runs a member that the choice gave. Where the device fails and that is allowed,
    // goes on on the CPU. Called from one thread at a time.
    void run(std::int64_t member, HorizontalStage &stage, std::vector<Rows> &inputs,
             std::vector<Rows> &outputs);

    // Where it runs now; what was copied, since it was loaded.
    DeviceInfo device() const;
    bool fell_back() const { return fell_back_; }
    double seconds() const { return seconds_; }

  private:
    void load(const std::string &device_name, int precision);
    std::unique_ptr<Backend> loaded(Archive &archive, std::int64_t member,
                                    const std::string &device_name, int precision);
    void go_on_on_cpu(const Error &why);

    std::string path_;
    std::string json_;
    const Contract &contract_;
    int threads_;
    ThreadPool &pool_;
    gwparam_options options_;
    MemberChoice choice_;
    std::unique_ptr<Members> backend_;
    DeviceTraffic earlier_traffic_; // of devices that failed
    bool fell_back_ = false;
    double seconds_ = 0.0; // in run()
};

} // namespace gwparam
