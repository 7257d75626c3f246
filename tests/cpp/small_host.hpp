// A host of few columns whose ranks are threads, and what it gets from a network.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gwparam.h"
#include "thread_ranks.hpp"

namespace host {

// Three different extents, so that no two are taken for one another.
constexpr std::int64_t rows = 5;
constexpr std::int64_t length = 8;
constexpr std::int64_t cells = rows * length;
constexpr int nlev = 3;
constexpr int members = 3; // of an artefact of several

constexpr const char *u = "eastward_wind";
constexpr const char *v = "northward_wind";
constexpr const char *ps = "surface_air_pressure";
constexpr const char *dudt = "tendency_of_eastward_wind_due_to_gravity_wave_drag";
constexpr const char *dvdt = "tendency_of_northward_wind_due_to_gravity_wave_drag";

std::vector<double> latitudes();  // south to north
std::vector<double> longitudes(); // from 0

// Small whole numbers, another one for each cell, level and step.
double u_at(std::int64_t cell, int level, int step);
double v_at(std::int64_t cell, int level, int step);
double ps_at(std::int64_t cell, int step);

// Cells of each rank, in the order of its columns.
using Cells = std::vector<std::int64_t>;
using Decomposition = std::vector<Cells>;
Decomposition bands(int ranks);
Decomposition blocks(int ranks);
Decomposition scattered(int ranks);    // and in no order
Decomposition on_odd_ranks(int ranks); // the others have no columns

gwparam_array array_of(double *data, std::int64_t columns, int levels = 0);

// The columns of one rank, and their results.
class Columns {
  public:
    explicit Columns(Cells cells)
        : dudt(cells.size() * nlev, -9.0), dvdt(dudt), cells_(std::move(cells)) {}
    const Cells &cells() const { return cells_; }

    // Each gives the status of the first call that failed.
    gwparam_status set_up(gwparam_scheme *scheme) const; // levels and places
    gwparam_status set_places_by_cell(gwparam_scheme *scheme) const;
    gwparam_status put(gwparam_scheme *scheme, int step, int windows = 1);
    gwparam_status get(gwparam_scheme *scheme, int windows = 1);
    gwparam_status step(gwparam_scheme *scheme, int step, int windows = 1);

    // Of each column all levels; what get() is given beforehand too.
    std::vector<double> dudt;
    std::vector<double> dvdt;

    // Called on the winds of a step before they are put.
    std::function<void(std::int64_t cell, std::vector<double> &profile)> change;

  private:
    std::int64_t first_of(int window, int windows) const {
        return static_cast<std::int64_t>(cells_.size()) * window / windows;
    }

    Cells cells_;
};

// What a rank saw.
struct Report {
    gwparam_status status = GWPARAM_OK;
    std::string text;
};
Report report(gwparam_status status); // with the message of this thread

gwparam_options defaults();

// Loads as this rank; null after a failure.
gwparam_scheme *load(const gwparam_transport &transport, const char *path,
                     const gwparam_options &options, Report &report);

// Both tendencies of all cells, by cell and level, after one step or more.
struct Globe {
    std::vector<double> dudt = std::vector<double>(cells * nlev, -7.0);
    std::vector<double> dvdt = std::vector<double>(cells * nlev, -7.0);
    void take(const Columns &columns);
    bool operator==(const Globe &other) const; // bit for bit
};

} // namespace host
