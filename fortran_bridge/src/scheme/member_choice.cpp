#include "scheme/member_choice.hpp"

#include <numeric>
#include <string>

#include "base/error.hpp"
#include "base/philox.hpp"

namespace gwparam {

namespace {

constexpr int word_bits = 32;

std::uint32_t low(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
std::uint32_t high(std::uint64_t number) { return low(number >> word_bits); }

} // namespace

void MemberChoice::check(const gwparam_options &options) {
    check_choice("members", options.members, GWPARAM_MEMBERS_DRAWN);
    const bool is_one = options.members == GWPARAM_MEMBERS_ONE;
    if (is_one && options.member < 1) {
        reject_argument("member is " + std::to_string(options.member) +
                        ", expected at least 1, as members is one");
    }
    if (!is_one && options.member != 0) { // or else the user means another
        reject_argument("member is " + std::to_string(options.member) +
                        ", expected 0 unless members is one");
    }
    const bool is_drawn = options.members == GWPARAM_MEMBERS_DRAWN;
    if (options.member_seed < 0 || (!is_drawn && options.member_seed != 0)) {
        reject_argument("member_seed is " + std::to_string(options.member_seed) +
                        ", expected " +
                        (is_drawn ? "at least 0" : "0 unless members is drawn"));
    }
}

MemberChoice::MemberChoice(const gwparam_options &options, std::int64_t members)
    : choice_(options.members), member_(options.member),
      seed_(static_cast<std::uint64_t>(options.member_seed)), members_(members) {
    if (member_ > members_) {
        reject_argument("member is " + std::to_string(member_) +
                        ", the artefact has 1 to " + std::to_string(members_));
    }
    if (draws() && members_ == 1) {
        reject_argument("members is drawn, the artefact has one network, expected mean "
                        "or one");
    }
    if (choice_ == GWPARAM_MEMBERS_MEAN && members_ == 1) {
        choice_ = GWPARAM_MEMBERS_ONE;
        member_ = 1;
    }
}

// The numbers of a run are those of its counter, the seed is the key; of the first word
// the highest bits count, so that a member is more frequent than another by less than
// members / 2^32.
std::int64_t MemberChoice::of_run(std::int64_t run) const {
    if (!draws()) {
        return choice_ == GWPARAM_MEMBERS_ONE ? member_ : mean;
    }
    const auto number = static_cast<std::uint64_t>(run);
    const std::uint64_t word =
        philox({low(number), high(number), 0, 0}, {low(seed_), high(seed_)})[0];
    const auto count = static_cast<std::uint64_t>(members_);
    return 1 + static_cast<std::int64_t>((word * count) >> word_bits);
}

std::vector<std::int64_t> MemberChoice::needed() const {
    if (choice_ == GWPARAM_MEMBERS_ONE) {
        return {member_};
    }
    std::vector<std::int64_t> all(static_cast<std::size_t>(members_));
    std::iota(all.begin(), all.end(), 1);
    return all;
}

} // namespace gwparam
