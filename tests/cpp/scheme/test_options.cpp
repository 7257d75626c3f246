// Settings of a scheme: defaults, what is refused, and what ranks must share.
#include <cmath>
#include <cstring>
#include <string>

#include "rows_and_errors.hpp"
#include "said_by_ranks.hpp"
#include "scheme/options.hpp"
#include "tap.h"

namespace {

using gwparam::checked_options;
using gwparam::Communicator;
using gwparam::default_options;

template <typename Change> bool refuses(const char *text, Change &&change) {
    gwparam_options options = default_options();
    change(options);
    return throws(GWPARAM_ERR_ARGUMENT, text,
                  [&] { checked_options(Communicator(), options); });
}

void test_defaults() {
    const gwparam_options options = default_options();
    const gwparam_options checked = checked_options(Communicator(), options);
    ok(options.on_limit == GWPARAM_GUARD_ERROR &&
           options.on_range == GWPARAM_GUARD_COUNT && options.range_sigmas == 10.0 &&
           options.lag == 0 && std::strcmp(options.device, "auto") == 0,
       "defaults");
    ok(options.chunk_columns == 0 && checked.chunk_columns == 256 &&
           checked.threads == 0 && checked.timeout_seconds == 0.0,
       "a chunk has 256 columns unless another number is said");
    gwparam_options other = options;
    other.chunk_columns = 48;
    other.on_range = GWPARAM_GUARD_KEEP;
    other.range_sigmas = 4.5;
    const gwparam_options same = checked_options(Communicator(), other);
    ok(std::memcmp(&same, &other, sizeof same) == 0, "what is said stays");
}

void test_refusals() {
    using Options = gwparam_options &;
    ok(refuses("threads is -1, expected 0 to 1024",
               [](Options o) { o.threads = -1; }) &&
           refuses("threads is 1025, expected 0 to 1024",
                   [](Options o) { o.threads = 1025; }),
       "threads");
    ok(refuses("chunk_columns is 40, expected a multiple of 16",
               [](Options o) { o.chunk_columns = 40; }) &&
           refuses("chunk_columns is -16", [](Options o) { o.chunk_columns = -16; }),
       "chunk_columns");
    ok(refuses("on_limit is 7, expected 0 to 6", [](Options o) { o.on_limit = 7; }),
       "on_limit");
    ok(refuses("on_range is -1, expected 0 to 6", [](Options o) { o.on_range = -1; }),
       "on_range");
    ok(refuses("range_sigmas is 0.0", [](Options o) { o.range_sigmas = 0.0; }),
       "range_sigmas");
    ok(refuses("lag is 2, expected 0 to 1", [](Options o) { o.lag = 2; }), "lag");
    ok(refuses("on_device_failure is 2", [](Options o) { o.on_device_failure = 2; }),
       "on_device_failure");
    ok(refuses("precision is 3, expected 0 to 2", [](Options o) { o.precision = 3; }),
       "precision");
    ok(refuses("graphs is 2", [](Options o) { o.graphs = 2; }), "graphs");
    ok(refuses("members is 3, expected 0 to 2", [](Options o) { o.members = 3; }),
       "members");
    ok(refuses("ranks_per_device is -3, expected at least 0",
               [](Options o) { o.ranks_per_device = -3; }),
       "ranks_per_device");
    ok(refuses("timeout_seconds is -0.5",
               [](Options o) { o.timeout_seconds = -0.5; }) &&
           refuses("timeout_seconds is nan",
                   [](Options o) { o.timeout_seconds = NAN; }),
       "timeout_seconds");
    ok(refuses("device has no terminating NUL",
               [](Options o) { std::memset(o.device, 'c', sizeof o.device); }),
       "device");
    ok(refuses("artefact_sha256 is \"AB\", expected 64 hexadecimal digits",
               [](Options o) { std::strcpy(o.artefact_sha256, "AB"); }) &&
           refuses("artefact_sha256 is \"ccc",
                   [](Options o) {
                       std::memset(o.artefact_sha256, 'c', sizeof o.artefact_sha256);
                   }),
       "artefact_sha256");
}

template <typename Change>
bool ranks_say(const std::string &expected, Change &&change) {
    return all_say(
        said_by_ranks(3,
                      [&](const Communicator &communicator, std::size_t rank) {
                          gwparam_options options = default_options();
                          if (rank == 1) {
                              change(options);
                          }
                          checked_options(communicator, options);
                      }),
        expected);
}

void test_ranks() {
    const std::string differs = "lag, ranks_per_device or chunk_columns differs";
    using Options = gwparam_options &;
    ok(ranks_say(differs, [](Options o) { o.lag = 1; }), "another lag");
    ok(ranks_say(differs, [](Options o) { o.chunk_columns = 16; }), "another chunk");
    ok(ranks_say(differs, [](Options o) { o.ranks_per_device = 2; }), "other groups");
    const std::string draws = "members, member or member_seed differs between ranks";
    ok(ranks_say(draws, [](Options o) { o.members = GWPARAM_MEMBERS_DRAWN; }) &&
           ranks_say(draws,
                     [](Options o) {
                         o.members = GWPARAM_MEMBERS_ONE;
                         o.member = 1;
                     }),
       "another member");
    ok(ranks_say("",
                 [](Options o) {
                     o.chunk_columns = 256; // what 0 stands for on the others
                     o.threads = 3;
                     o.on_limit = GWPARAM_GUARD_KEEP;
                 }),
       "the rest is each rank's own");
    ok(ranks_say("rank 1: threads is -2", [](Options o) { o.threads = -2; }),
       "a bad setting of one rank fails all");
}

} // namespace

int main() {
    test_defaults();
    test_refusals();
    test_ranks();
    return done_testing();
}
