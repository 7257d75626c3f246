#include "scheme/network.hpp"

#include "artefact/archive.hpp"
#include "artefact/backend_registry.hpp"
#include "artefact/integrity.hpp"
#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/stopwatch.hpp"
#include "scheme/probe.hpp"

namespace gwparam {

namespace {

void check_pin(const std::string &path, const std::string &expected) {
    if (expected.empty()) {
        return;
    }
    const std::string found = sha256_of_file(path);
    if (found != expected) {
        throw Error(GWPARAM_ERR_FILE, path + " has the SHA-256 " + found +
                                          ", expected " + expected +
                                          ", as artefact_sha256 says");
    }
}

} // namespace

Network::Network(const std::string &path, const std::string &json,
                 const Contract &contract, const Placement &placement, ThreadPool &pool,
                 const gwparam_options &options, const MemberChoice &choice)
    : path_(path), json_(json), contract_(contract), threads_(placement.threads),
      pool_(pool), options_(options), choice_(choice) {
    try {
        load(placement.device, options.precision);
    } catch (const Error &e) {
        go_on_on_cpu(e);
    }
}

void Network::load(const std::string &device_name, int precision) {
    earlier_traffic_ = device().traffic;
    backend_.reset(); // there may be no room for two
    check_integrity(path_);
    check_pin(path_, options_.artefact_sha256);
    Archive archive(path_);
    if (archive.extra(contract_file) != json_) {
        throw Error(GWPARAM_ERR_CONTRACT,
                    path_ + " holds another contract here than on rank 0");
    }
    auto members = std::make_unique<Members>(pool_);
    for (const std::int64_t member : choice_.needed()) {
        members->add(member, loaded(archive, member, device_name, precision));
    }
    backend_ = std::move(members); // only those that were checked
}

std::unique_ptr<Backend> Network::loaded(Archive &archive, std::int64_t member,
                                         const std::string &device_name,
                                         int precision) {
    const std::int64_t among = contract_.members > 1 ? member : 0;
    const std::string probe = archive.extra(file_of_member(among, probe_file));
    const bool may_record = options_.graphs == GWPARAM_GRAPHS_AUTO;
    const auto made = [&](bool may_use_compiled) {
        return backend_named(contract_.backend)
            .load(path_, {device_name, pool_, threads_, shares_passes(contract_),
                          precision, may_record, may_use_compiled, among});
    };
    const bool is_reduced = precision != GWPARAM_PRECISION_EXPORTED;
    const double tolerance =
        is_reduced
            ? contract_.probe_reduced_tolerance.value_or(contract_.probe_tolerance)
            : contract_.probe_tolerance;
    const auto check = [&](Backend &backend) {
        check_probe(contract_, probe, backend, options_.chunk_columns, tolerance);
    };
    std::unique_ptr<Backend> backend = made(true);
    try {
        check(*backend);
    } catch (const Error &e) {
        if (backend->device().compiled != GWPARAM_COMPILED_RUNS) {
            throw among == 0 ? e
                             : Error(e.status(), "member " + std::to_string(member) +
                                                     ": " + e.what());
        }
        backend.reset(); // there may be no room for two
        backend = made(false);
        check(*backend);
    }
    return backend;
}

// Throws what happened where that cannot, or must not, help.
void Network::go_on_on_cpu(const Error &why) {
    const bool is_allowed = options_.on_device_failure == GWPARAM_DEVICE_FALLBACK;
    const bool was_on_cpu = backend_ != nullptr && !backend_->device().is_accelerator;
    if (why.status() != GWPARAM_ERR_DEVICE || !is_allowed || was_on_cpu) {
        throw why;
    }
    const bool is_bfloat16 = options_.precision == GWPARAM_PRECISION_BFLOAT16;
    load("cpu", is_bfloat16 ? GWPARAM_PRECISION_BFLOAT16 : GWPARAM_PRECISION_EXPORTED);
    fell_back_ = true;
}

void Network::run(std::int64_t member, HorizontalStage &stage,
                  std::vector<Rows> &inputs, std::vector<Rows> &outputs) {
    const Stopwatch stopwatch(seconds_);
    const auto run_it = [&] {
        backend_->choose(member);
        stage.run(*backend_, inputs, outputs, pool_);
    };
    try {
        if (backend_ == nullptr) { // it was to go on on the CPU, and could not
            throw Error(GWPARAM_ERR_DEVICE, "the device failed before");
        }
        run_it();
    } catch (const Error &e) {
        go_on_on_cpu(e);
        run_it();
    }
}

DeviceInfo Network::device() const {
    DeviceInfo info = backend_ != nullptr ? backend_->device() : DeviceInfo{};
    info.traffic.to_device_bytes += earlier_traffic_.to_device_bytes;
    info.traffic.to_host_bytes += earlier_traffic_.to_host_bytes;
    return info;
}

} // namespace gwparam
