// Which of the networks of an artefact a run has.
#pragma once

#include <cstdint>
#include <vector>

#include "gwparam.h"

namespace gwparam {

class MemberChoice {
  public:
    static constexpr std::int64_t mean = 0;

    // Throws ERR_ARGUMENT where the options do not go together.
    static void check(const gwparam_options &options);
    // What checked options choose of so many members. Throws ERR_ARGUMENT where there
    // is none such, or nothing to draw from.
    MemberChoice(const gwparam_options &options, std::int64_t members);

    // That of a run, from 1; `mean`: all of them.
    std::int64_t of_run(std::int64_t run) const;
    bool draws() const { return choice_ == GWPARAM_MEMBERS_DRAWN; }
    // Those that some run has, in their order.
    std::vector<std::int64_t> needed() const;

  private:
    std::int32_t choice_;
    std::int64_t member_;
    std::uint64_t seed_;
    std::int64_t members_;
};

} // namespace gwparam
