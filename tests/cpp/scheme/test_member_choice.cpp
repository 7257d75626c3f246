// Which member a run has: what options choose, what is refused, how draws are spread.
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "rows_and_errors.hpp"
#include "scheme/member_choice.hpp"
#include "scheme/options.hpp"
#include "tap.h"

namespace {

using gwparam::MemberChoice;
using Members = std::vector<std::int64_t>;

gwparam_options options_of(std::int32_t members, std::int32_t member = 0,
                           std::int64_t seed = 0) {
    gwparam_options options = gwparam::default_options();
    options.members = members;
    options.member = member;
    options.member_seed = seed;
    return options;
}

MemberChoice drawn(std::int64_t seed, std::int64_t members) {
    return {options_of(GWPARAM_MEMBERS_DRAWN, 0, seed), members};
}

void test_choices() {
    const MemberChoice mean(gwparam::default_options(), 3);
    ok(mean.of_run(1) == MemberChoice::mean && mean.needed() == Members{1, 2, 3} &&
           !mean.draws(),
       "the mean of all, unless another is said");
    const MemberChoice one(options_of(GWPARAM_MEMBERS_ONE, 2), 3);
    ok(one.of_run(1) == 2 && one.of_run(99) == 2 && one.needed() == Members{2},
       "one needs no other");
    const MemberChoice single(gwparam::default_options(), 1);
    ok(single.of_run(5) == 1 && single.needed() == Members{1},
       "the mean of one network is that network");
    const MemberChoice same(options_of(GWPARAM_MEMBERS_ONE, 1), 1);
    ok(same.of_run(5) == 1, "as is the first of one");
}

void test_draws() {
    constexpr int runs = 30000;
    constexpr int members = 5;
    const MemberChoice choice = drawn(7, members);
    std::array<int, members> counts{};
    std::array<int, members * members> pairs{};
    for (int run = 1; run <= runs; ++run) {
        const std::int64_t its = choice.of_run(run);
        if (its < 1 || its > members) {
            ok(false, "a member that there is");
            return;
        }
        const std::int64_t next = choice.of_run(run + 1);
        ++counts[static_cast<std::size_t>(its - 1)];
        ++pairs[static_cast<std::size_t>((its - 1) * members + next - 1)];
    }
    // Five standard deviations of a binomial number.
    const auto is_likely = [](int count, double share) {
        return std::abs(count - runs * share) <
               5.0 * std::sqrt(runs * share * (1.0 - share));
    };
    bool fine = true;
    for (const int count : counts) {
        fine &= is_likely(count, 1.0 / members);
    }
    ok(fine, "each as often as the others");
    for (const int count : pairs) {
        fine &= is_likely(count, 1.0 / (members * members));
    }
    ok(fine && choice.needed().size() == members, "and after each of them");

    std::set<Members> sequences;
    for (const std::int64_t seed :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{1} << 32,
          std::int64_t{0x7fffffffffffffff}}) {
        Members sequence;
        for (int run = 1; run <= 40; ++run) {
            sequence.push_back(drawn(seed, members).of_run(run));
        }
        sequences.insert(sequence);
    }
    ok(sequences.size() == 4, "other seeds, in all their bits, draw others");
    ok(drawn(7, members).of_run(12345) == choice.of_run(12345),
       "the same seed and run draw the same");
    // The known answer of philox4x32-10 for zeros begins with 0x6627e8d5.
    ok(drawn(0, 64).of_run(std::int64_t{0}) == 1 + (0x6627e8d5LL >> 26),
       "from the highest bits");
}

template <typename Body> bool refuses(const char *text, Body &&body) {
    return throws(GWPARAM_ERR_ARGUMENT, text, body);
}

void test_refusals() {
    const auto check = [](const gwparam_options &options) {
        return [options] { MemberChoice::check(options); };
    };
    ok(refuses("members is 3, expected 0 to 2", check(options_of(3))) &&
           refuses("members is -1", check(options_of(-1))),
       "no such choice");
    ok(refuses("member is 0, expected at least 1, as members is one",
               check(options_of(GWPARAM_MEMBERS_ONE))) &&
           refuses("member is -2", check(options_of(GWPARAM_MEMBERS_ONE, -2))),
       "one of none");
    ok(refuses("member is 2, expected 0 unless members is one",
               check(options_of(GWPARAM_MEMBERS_MEAN, 2))) &&
           refuses("member is 1, expected 0 unless",
                   check(options_of(GWPARAM_MEMBERS_DRAWN, 1))),
       "a member that has no effect");
    ok(refuses("member_seed is -1, expected at least 0",
               check(options_of(GWPARAM_MEMBERS_DRAWN, 0, -1))),
       "a negative seed");
    ok(refuses("member_seed is 4, expected 0 unless members is drawn",
               check(options_of(GWPARAM_MEMBERS_ONE, 1, 4))),
       "a seed that has no effect");
    ok(refuses("member is 4, the artefact has 1 to 3",
               [] { MemberChoice(options_of(GWPARAM_MEMBERS_ONE, 4), 3); }),
       "one beyond the last");
    ok(refuses("members is drawn, the artefact has one network", [] { drawn(0, 1); }),
       "nothing to draw from");
}

} // namespace

int main() {
    test_choices();
    test_draws();
    test_refusals();
    return done_testing();
}
