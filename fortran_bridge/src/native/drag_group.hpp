// A group of columns of the drag.
#pragma once

#include "native/drag.hpp"
#include "native/lanes.hpp"

namespace gwparam::GWPARAM_ENGINE {

namespace {

// A group of columns: what ad99_column_t is for one. Levels run from 1, the top, to the
// source level; level 0 is the ghost above the top, and layer k lies between levels k
// and k + 1. Columns whose source level is above that of others hold anything below.
class Group {
  public:
    static std::int64_t memory(const gwparam_drag_setup &setup) {
        const std::int64_t wavelengths = setup.wavelengths;
        const std::int64_t waves = setup.waves;
        return ((12 + 2 * wavelengths) * extent(setup) + 2 * waves + 4) * lanes + waves;
    }

    Group(const gwparam_drag_setup &setup, const gwparam_drag_columns &columns,
          Memory memory)
        : setup_(setup), columns_(columns), extent_(extent(setup)),
          pressure_(memory.profile(extent_)), temperature_(memory.profile(extent_)),
          height_(memory.profile(extent_)), density_(memory.profile(extent_)),
          stability_(memory.profile(extent_)), depth_(memory.profile(extent_)),
          layer_density_(memory.profile(extent_)), mass_(memory.profile(extent_)),
          wind_(memory.profile(extent_)), deposited_(memory.profile(extent_)),
          work_(memory.profile(extent_)), layer_(memory.profile(extent_)),
          threshold_(memory.profile(extent_ * setup.wavelengths)),
          reflection_(memory.profile(extent_ * setup.wavelengths)),
          source_(memory.profile(setup.waves + 4).from(2)),
          left_(memory.profile(setup.waves)), left_speed_(memory.numbers(setup.waves)) {
    }

    bool run(std::int64_t first, bool diagnostics, double *results);

  private:
    // Of a profile from level 0 to one below the lowest source level.
    static std::int64_t extent(const gwparam_drag_setup &setup) {
        return setup.levels + 1;
    }

    // Where the columns of the group are in a field.
    struct Places {
        std::int64_t place[lanes] = {};
        bool in_a_row = true;
    };

    Places places(const gwparam_array &field) const;
    static Doubles read(const gwparam_array &field, const Places &places,
                        std::int64_t k);
    bool find_rows(std::int64_t first);
    bool read_state();
    bool read_half_levels();
    bool read_wind(const gwparam_array &field);
    void prepare();
    bool launch();
    struct Level;
    struct End;
    struct Side;
    template <bool diagnostics> void sweep_from_ends(std::int64_t j);
    template <bool diagnostics> void sweep_all(std::int64_t j);
    template <bool diagnostics, std::int64_t step>
    void end_waves(Side &side, Level &level, Longs waits) const;
    template <std::int64_t step> End end_at(Longs wave) const;
    template <std::int64_t step> void advance(End &end, Longs condition) const;
    Doubles phase_speed(Longs wave) const;
    Level level(std::int64_t j, std::int64_t k) const;
    template <bool diagnostics> void store_level(std::int64_t k, const Level &level);
    void find_share(Doubles sum);
    void spread(const Profile &stress, bool is_work, const Profile &levels);
    void add_to_levels(const Profile &levels) const;

    Longs is_below_source(std::int64_t k) const { return source_level_ < double(k); }

    const gwparam_drag_setup &setup_;
    const gwparam_drag_columns &columns_;
    std::int64_t extent_;
    Profile pressure_;
    Profile temperature_;
    Profile height_;
    Profile density_;
    Profile stability_; // buoyancy frequency
    Profile depth_;
    Profile layer_density_;
    Profile mass_; // of a level
    Profile wind_;
    Profile deposited_;
    Profile work_;
    Profile layer_;
    Profile threshold_;  // of breaking, a block for each wavelength
    Profile reflection_; // its frequency, likewise
    Profile source_;     // two more waves before and behind are read, not used
    Profile left_;       // source of the waves alive in any lane; 0 once one is not
    double *left_speed_; // of the same

    std::int64_t column_[lanes] = {};
    std::int64_t lowest_ = 0; // source level of the group
    Doubles source_level_{};
    Doubles source_amplitude_{};
    Doubles source_density_{};
    Doubles source_wind_{};
    Doubles source_sum_{};
    Longs down_{};    // number of waves of at most the source wind
    Doubles share_{}; // of time with waves: the intermittency
    Longs is_tropical_{};
};

} // namespace

} // namespace gwparam::GWPARAM_ENGINE
