#include "scheme/options.hpp"

#include <cstring>
#include <string>

#include "base/constants.hpp"
#include "base/error.hpp"
#include "columns/guards/guards.hpp"
#include "columns/taper.hpp"
#include "scheme/member_choice.hpp"

namespace gwparam {

namespace {

// Rows of this many columns keep every chunk in 64-byte alignment.
constexpr std::int32_t chunk_multiple = 16;
// Each has memory of its own from the load on.
constexpr std::int32_t most_threads = 1024;

gwparam_options checked(gwparam_options options) {
    check_choice("threads", options.threads, most_threads);
    if (options.chunk_columns == 0) {
        options.chunk_columns = default_chunk_columns;
    }
    if (options.chunk_columns < 0 || options.chunk_columns % chunk_multiple != 0) {
        reject_argument("chunk_columns is " + std::to_string(options.chunk_columns) +
                        ", expected a multiple of " + std::to_string(chunk_multiple));
    }
    static_cast<void>(guards_of(options)); // they check what is theirs
    Taper::check(options);
    check_choice("lag", options.lag, 1);
    check_choice("on_device_failure", options.on_device_failure,
                 GWPARAM_DEVICE_FALLBACK);
    check_choice("precision", options.precision, GWPARAM_PRECISION_BFLOAT16);
    check_choice("graphs", options.graphs, GWPARAM_GRAPHS_OFF);
    check_choice("trace", options.trace, 1);
    MemberChoice::check(options);
    if (options.ranks_per_device < 0) {
        reject_argument("ranks_per_device is " +
                        std::to_string(options.ranks_per_device) +
                        ", expected at least 0");
    }
    if (!(options.timeout_seconds >= 0.0)) {
        reject_argument("timeout_seconds is " +
                        std::to_string(options.timeout_seconds) +
                        ", expected at least 0");
    }
    if (std::memchr(options.device, '\0', sizeof options.device) == nullptr) {
        reject_argument("device has no terminating NUL");
    }
    const std::string pin(
        options.artefact_sha256,
        strnlen(options.artefact_sha256, sizeof options.artefact_sha256));
    if (!pin.empty() &&
        (pin.size() != 64 ||
         pin.find_first_not_of("0123456789abcdef") != std::string::npos)) {
        reject_argument("artefact_sha256 is \"" + pin +
                        "\", expected 64 hexadecimal digits in small letters");
    }
    return options;
}

} // namespace

gwparam_options default_options() {
    gwparam_options options{};
    options.on_range = GWPARAM_GUARD_COUNT;
    options.range_sigmas = 10.0;
    options.on_momentum = GWPARAM_GUARD_IGNORE;
    std::strcpy(options.device, "auto");
    return options;
}

gwparam_options checked_options(const Communicator &communicator,
                                const gwparam_options &options) {
    gwparam_options mine{};
    Outcome outcome;
    outcome.attempt([&] { mine = checked(options); });
    const std::int64_t shared = 2 * std::int64_t{mine.ranks_per_device} + mine.lag;
    const std::int64_t chunk = mine.chunk_columns;
    const Communicator::Values least =
        communicator.agree(outcome, {shared, -shared, chunk, -chunk});
    if (least[0] != -least[1] || least[2] != -least[3]) {
        reject_argument("lag, ranks_per_device or chunk_columns differs between ranks, "
                        "expected the same on all");
    }
    // Each rank that runs a network draws for itself.
    const std::int64_t which = (std::int64_t{mine.members} << 32) + mine.member;
    const Communicator::Values same = communicator.agree(
        outcome, {which, -which, mine.member_seed, -mine.member_seed});
    if (same[0] != -same[1] || same[2] != -same[3]) {
        reject_argument("members, member or member_seed differs between ranks, "
                        "expected the same on all");
    }
    return mine;
}

} // namespace gwparam
