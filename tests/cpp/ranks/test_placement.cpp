// Which ranks run the network, on what, with how many threads.
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "ranks/placement.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::GeometryKind;
using gwparam::Placement;

struct Job {
    int ranks = 4;
    int ranks_per_node = 0; // 0: all
    int ranks_per_device = 0;
    int cuda_devices = 0;
    const char *device = "auto";
    int threads = 0;
    GeometryKind geometry = GeometryKind::column;
};

std::vector<Placement> placements_of(const Job &job) {
    std::vector<Placement> placements(static_cast<std::size_t>(job.ranks));
    RankSettings settings;
    settings.ranks_per_node = job.ranks_per_node;
    run_ranks(
        job.ranks,
        [&](const gwparam_transport &transport) {
            gwparam_options options = host::defaults();
            options.threads = job.threads;
            options.ranks_per_device = job.ranks_per_device;
            std::snprintf(options.device, sizeof options.device, "%s", job.device);
            const gwparam::Communicator communicator(transport);
            placements[static_cast<std::size_t>(communicator.rank())] =
                placement_of(communicator, job.geometry, options, job.cuda_devices);
        },
        settings);
    return placements;
}

std::vector<int> owners_of(const Job &job) {
    std::vector<int> owners;
    for (const Placement &placement : placements_of(job)) {
        owners.push_back(placement.owner);
    }
    return owners;
}

// Of the ranks that run a network.
std::vector<std::string> devices_of(const Job &job) {
    std::vector<std::string> devices;
    const std::vector<Placement> placements = placements_of(job);
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        if (placements[rank].owner == static_cast<int>(rank)) {
            devices.push_back(placements[rank].device);
        }
    }
    return devices;
}

using Owners = std::vector<int>;
using Devices = std::vector<std::string>;

Job with(int ranks, int per_device, int cuda_devices, const char *device = "auto") {
    Job job;
    job.ranks = ranks;
    job.ranks_per_device = per_device;
    job.cuda_devices = cuda_devices;
    job.device = device;
    return job;
}

void test_cpu() {
    ok(owners_of(with(4, 0, 0)) == Owners{0, 1, 2, 3}, "on the CPU each has its own");
    ok(owners_of(with(4, 1, 0)) == Owners{0, 1, 2, 3}, "as with groups of one");
    ok(owners_of(with(4, 2, 0)) == Owners{0, 0, 2, 2}, "groups of two");
    ok(owners_of(with(4, 3, 0)) == Owners{0, 0, 0, 3}, "groups of three, and the rest");
    ok(owners_of(with(4, 9, 0)) == Owners{0, 0, 0, 0}, "a group larger than the node");
    ok(owners_of(with(4, 0, 2, "cpu")) == Owners{0, 1, 2, 3} &&
           devices_of(with(2, 0, 2, "cpu")) == Devices{"cpu", "cpu"},
       "devices do not count for a network on the CPU");
}

void test_cuda() {
    ok(owners_of(with(4, 0, 1)) == Owners{0, 0, 0, 0}, "one device for all");
    ok(owners_of(with(4, 0, 2)) == Owners{0, 0, 2, 2} &&
           devices_of(with(4, 0, 2)) == Devices{"cuda:0", "cuda:1"},
       "two devices for four");
    ok(owners_of(with(4, 0, 4, "cuda")) == Owners{0, 1, 2, 3} &&
           devices_of(with(4, 0, 4, "cuda")) ==
               Devices{"cuda:0", "cuda:1", "cuda:2", "cuda:3"},
       "four devices for four");
    ok(owners_of(with(6, 0, 4)) == Owners{0, 0, 2, 2, 4, 4}, "four devices for six");
    ok(owners_of(with(6, 0, 2)) == Owners{0, 0, 0, 3, 3, 3}, "two devices for six");
    ok(devices_of(with(6, 1, 4)) ==
           Devices{"cuda:0", "cuda:1", "cuda:2", "cuda:3", "cuda:0", "cuda:1"},
       "more groups than devices go round");
    ok(owners_of(with(4, 0, 4, "cuda:2")) == Owners{0, 0, 0, 0} &&
           devices_of(with(4, 0, 4, "cuda:2")) == Devices{"cuda:2"},
       "one device that was chosen");
    ok(devices_of(with(4, 2, 4, "cuda:2")) == Devices{"cuda:2", "cuda:2"},
       "shared by two groups");
    ok(devices_of(with(1, 0, 0, "cuda:0")) == Devices{"cuda:0"},
       "a device that is not there is asked for all the same");
    ok(devices_of(with(1, 0, 1, "gpu")) == Devices{"gpu"},
       "and so is one that has no such name: loading refuses it");
}

void test_nodes() {
    Job job = with(6, 0, 1);
    job.ranks_per_node = 3;
    ok(owners_of(job) == Owners{0, 0, 0, 3, 3, 3}, "a device of each node");
    job.ranks_per_node = 4;
    ok(owners_of(job) == Owners{0, 0, 0, 0, 4, 4}, "nodes of different size");
    job.ranks_per_device = 2;
    ok(owners_of(job) == Owners{0, 0, 2, 2, 4, 4}, "groups end with their node");

    // Ranks that go round the nodes: of five, the even ones are on this node.
    const std::vector<int32_t> mates{0, 2, 4};
    const auto agree = [](void *, gwparam_agreement *) {};
    const auto broadcast = [](void *, int32_t, void *, int64_t, char *) {
        return gwparam_status{GWPARAM_OK};
    };
    const auto all_to_all = [](void *, const void *, const int64_t *, void *,
                               const int64_t *,
                               char *) { return gwparam_status{GWPARAM_OK}; };
    const auto start = [](void *, const gwparam_message *, int64_t,
                          const gwparam_message *, int64_t,
                          char *) { return gwparam_status{GWPARAM_OK}; };
    const auto finish = [](void *, char *) { return gwparam_status{GWPARAM_OK}; };
    const auto leave = [](void *, const char *) {};
    const gwparam_transport table{sizeof table, 4,       5,      3,
                                  mates.data(), nullptr, agree,  broadcast,
                                  all_to_all,   start,   finish, leave};
    const gwparam::Communicator communicator(table);
    gwparam_options options = host::defaults();
    options.ranks_per_device = 2;
    ok(placement_of(communicator, GeometryKind::column, options, 0).owner == 4,
       "groups follow the order of the node");
    options.ranks_per_device = 3;
    ok(placement_of(communicator, GeometryKind::column, options, 0).owner == 0,
       "not the number");
}

void test_global() {
    Job job = with(4, 1, 2);
    job.geometry = GeometryKind::global;
    job.ranks_per_node = 2;
    ok(owners_of(job) == Owners{0, 0, 0, 0}, "a global network has one owner in all");
    ok(devices_of(job) == Devices{"auto"}, "on whatever device there is");
    job.geometry = GeometryKind::stencil;
    ok(owners_of(job) == Owners{0, 1, 2, 3}, "a stencil network does not");
}

void test_threads() {
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    Job job;
    job.ranks = 1;
    ok(placements_of(job)[0].threads == 1, "a host of one rank has one thread");
    job.threads = 3;
    ok(placements_of(job)[0].threads == 3, "or as many as were asked for");
    job.threads = 0;
    job.ranks = 2 * cores;
    ok(placements_of(job)[1].threads == 1, "more ranks than cores have one each");
    job.ranks_per_device = job.ranks;
    ok(placements_of(job)[0].threads == cores, "one that serves all has all cores");
    ok(placements_of(job)[1].threads == 1, "and those that it serves have one");
    job.ranks_per_device = 0;
    job.geometry = GeometryKind::global;
    ok(placements_of(job)[0].threads == cores,
       "and so has the owner of a global network");
}

} // namespace

int main() {
    test_cpu();
    test_cuda();
    test_nodes();
    test_global();
    test_threads();
    return done_testing();
}
