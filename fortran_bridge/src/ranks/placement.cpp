#include "ranks/placement.hpp"

#include <algorithm>
#include <unistd.h>

#include "threads/cores.hpp"

namespace gwparam {

namespace {

bool uses_accelerator(const std::string &device, int accelerators) {
    return accelerators > 0 && device != "cpu";
}

// How many of `ranks` share each of `devices`, none getting more than one more.
int shared(int ranks, int devices) { return (ranks + devices - 1) / devices; }

} // namespace

Placement placement_of(const Communicator &communicator, GeometryKind geometry,
                       const gwparam_options &options, int accelerators) {
    const std::vector<int> &mates = communicator.node_ranks();
    const int node_size = static_cast<int>(mates.size());
    const int node_rank = static_cast<int>(
        std::find(mates.begin(), mates.end(), communicator.rank()) - mates.begin());
    const bool accelerated = uses_accelerator(options.device, accelerators);
    const bool one_for_all = geometry == GeometryKind::global;
    const bool device_is_chosen = std::string(options.device).rfind("cuda:", 0) == 0;

    int group_size = options.ranks_per_device;
    if (group_size == 0) {
        group_size =
            !accelerated ? 1 : shared(node_size, device_is_chosen ? 1 : accelerators);
    }
    const int group = node_rank / group_size;

    Placement placement;
    const int first_of_group = group * group_size;
    placement.owner = one_for_all ? 0 : mates[static_cast<std::size_t>(first_of_group)];
    placement.device = options.device;
    const bool is_any = placement.device == "auto" || placement.device == "cuda";
    if (accelerated && !one_for_all && is_any) {
        placement.device = "cuda:" + std::to_string(group % accelerators);
    }
    placement.threads = options.threads;
    if (placement.threads == 0) {
        const auto online = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
        const bool is_owner = placement.owner == communicator.rank();
        const int served = !is_owner ? 1
                           : one_for_all
                               ? node_size
                               : std::min(group_size, node_size - first_of_group);
        const int share = std::max(1, online * served / node_size);
        placement.threads = communicator.alone() ? 1 : std::min(usable_cores(), share);
    }
    return placement;
}

} // namespace gwparam
