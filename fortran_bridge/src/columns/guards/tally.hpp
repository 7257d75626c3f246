// What guards caught: how many columns, on which levels, and which was the worst.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "columns/guards/guards.hpp"
#include "columns/places.hpp"

namespace gwparam {

// One value that a guard caught.
struct Catch {
    double excess =
        0.0; // how far beyond: 1 is the bound, infinite for what is no number
    double value = 0.0;
    double latitude = 0.0; // [degrees], NaN: not known, as the next two
    double longitude = 0.0;
    double pressure = 0.0;  // of its level [Pa]
    std::int64_t run = 0;   // from 1
    std::int64_t level = 0; // from 1 at the top; 0: the field has none
    std::string field;
    std::string units;
    std::string date;

    // An order of all catches, so that the worst does not depend on who looks first.
    bool is_worse_than(const Catch &other) const;
};

// Of one guard.
struct Caught {
    std::int64_t columns = 0;
    std::vector<std::int64_t> levels; // values beyond, from the top
    Catch worst;

    void add(const Caught &other);
};

// Levels whose pressures a report can name, from the top [Pa].
struct LevelPressures {
    std::vector<double> host;
    std::vector<double> network;

    double at(Guard::Sees sees, std::int64_t width, std::int64_t level) const;
};

class GuardTally {
  public:
    explicit GuardTally(std::size_t guards = 0) : caught_(guards) {}

    // Counts all levels beyond, and the column if it is new.
    void note(const CaughtColumn &its, const Guard &guard, bool top_down,
              const LevelPressures &pressures, const Places &places, std::int64_t run);
    void add(const GuardTally &other);
    void clear() { *this = GuardTally(caught_.size()); }

    const Caught &of(std::size_t guard) const { return caught_[guard]; }

  private:
    std::vector<Caught> caught_; // one a guard
};

} // namespace gwparam
