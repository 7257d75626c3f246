// A stand-in for a C++ model: `host ARTEFACT STATES OUTPUT [COLUMNS]`.
//
// Its physics works on blocks of COLUMNS columns whose fields are (column, level),
// level 0 the top, as in E3SM's atmosphere in C++ (EAMxx). The states are MiMA's, from
// netCDF; each is one step. What is marked is what gwparam adds to such a model.

#include "gravity_wave_drag.hpp" // <- gwparam

#include <netcdf.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <utility>

namespace {

using Values = std::vector<double>;

constexpr double reference_surface_pressure = 101325.0; // [Pa]

void must(int status, const std::string &subject) {
    if (status != NC_NOERR)
        throw std::runtime_error(subject + ": " + nc_strerror(status));
}

/** A netCDF file, closed with the object if not before. */
class File {
    static constexpr int none = -1;

  public:
    static File open(const std::string &path) {
        int id = 0;
        must(nc_open(path.c_str(), NC_NOWRITE, &id), path);
        return File(id);
    }
    static File create(const std::string &path) {
        int id = 0;
        must(nc_create(path.c_str(), NC_CLOBBER | NC_NETCDF4, &id), path);
        return File(id);
    }
    explicit File(int number) : id(number) {}
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    ~File() {
        if (id != none)
            nc_close(id);
    }
    /** Write what is left: a full disk shows here. */
    void close(const std::string &path) {
        must(nc_close(std::exchange(id, none)), path);
    }

    [[nodiscard]] std::size_t length(const char *dimension) const {
        int number = 0;
        std::size_t result = 0;
        must(nc_inq_dimid(id, dimension, &number), dimension);
        must(nc_inq_dimlen(id, number, &result), dimension);
        return result;
    }
    /** All of a variable, or what it has at one time. */
    [[nodiscard]] Values read(const char *name, const std::vector<std::size_t> &start,
                              const std::vector<std::size_t> &count) const {
        int variable = 0;
        must(nc_inq_varid(id, name, &variable), name);
        std::size_t size = 1;
        for (const auto extent : count)
            size *= extent;
        Values values(size);
        must(
            nc_get_vara_double(id, variable, start.data(), count.data(), values.data()),
            name);
        return values;
    }

    int id;
};

/** The model's state on all columns, (column, level) each. */
struct State {
    Values u, v, temp, pressure, half_pressure, height, ps, lat;
};

/** The columns, their levels, and the states of a file. */
class Model {
    File file_;

  public:
    const std::size_t times, nlev, nlat, nlon, columns;

    explicit Model(const std::string &path)
        : file_(File::open(path)), times(file_.length("time")),
          nlev(file_.length("lev")), nlat(file_.length("lat")),
          nlon(file_.length("lon")), columns(nlat * nlon) {
        sigma_ = file_.read("sigma_full", {0}, {nlev});
        pk_ = file_.read("pk", {0}, {nlev + 1});
        bk_ = file_.read("bk", {0}, {nlev + 1});
        if (std::any_of(pk_.begin(), pk_.end(), [](double p) { return p != 0.0; }))
            throw std::runtime_error(path + ": pk is not zero, expected sigma levels");
    }

    [[nodiscard]] Values reference_pressure() const {
        Values pressure = sigma_;
        for (auto &level : pressure)
            level *= reference_surface_pressure;
        return pressure;
    }

    [[nodiscard]] State state(std::size_t time) const {
        State now;
        now.u = on_columns("u", time);
        now.v = on_columns("v", time);
        now.temp = on_columns("temp", time);
        now.height = on_columns("zfull", time);
        now.ps = file_.read("ps", {time, 0, 0}, {1, nlat, nlon});
        const auto rows = file_.read("lat", {0}, {nlat});
        for (std::size_t column = 0; column < columns; ++column) {
            now.lat.push_back(rows[column / nlon]);
            for (const auto sigma : sigma_)
                now.pressure.push_back(sigma * now.ps[column]);
            for (const auto sigma : bk_)
                now.half_pressure.push_back(sigma * now.ps[column]);
        }
        return now;
    }

  private:
    /** The file has (level, column), the model (column, level). */
    [[nodiscard]] Values on_columns(const char *name, std::size_t time) const {
        const auto given = file_.read(name, {time, 0, 0, 0}, {1, nlev, nlat, nlon});
        Values field(given.size());
        for (std::size_t level = 0; level < nlev; ++level)
            for (std::size_t column = 0; column < columns; ++column)
                field[column * nlev + level] = given[level * columns + column];
        return field;
    }

    Values sigma_, pk_, bk_;
};

/** Tendencies on (time, column, level), as EAMxx would write them. */
class Output {
  public:
    Output(const std::string &path, const Model &model)
        : path_(path), file_(File::create(path)), model_(model) {
        std::array<int, 3> dimensions{};
        must(nc_def_dim(file_.id, "time", model.times, &dimensions[0]), path);
        must(nc_def_dim(file_.id, "column", model.columns, &dimensions[1]), path);
        must(nc_def_dim(file_.id, "lev", model.nlev, &dimensions[2]), path);
        const std::string units = "m s-2";
        for (std::size_t i = 0; i < 2; ++i) {
            must(nc_def_var(file_.id, i == 0 ? "dudt" : "dvdt", NC_DOUBLE, 3,
                            dimensions.data(), &variables_[i]),
                 path);
            must(nc_put_att_text(file_.id, variables_[i], "units", units.size(),
                                 units.data()),
                 path);
        }
    }
    void write(std::size_t time, std::size_t first, const Values &dudt,
               const Values &dvdt) const {
        const std::array<std::size_t, 3> start{time, first, 0};
        const std::array<std::size_t, 3> count{1, dudt.size() / model_.nlev,
                                               model_.nlev};
        for (std::size_t i = 0; i < 2; ++i)
            must(nc_put_vara_double(file_.id, variables_[i], start.data(), count.data(),
                                    (i == 0 ? dudt : dvdt).data()),
                 path_);
    }
    void close() { file_.close(path_); }

  private:
    const std::string path_;
    File file_;
    const Model &model_;
    std::array<int, 2> variables_{};
};

/** The columns of a block, of a field with so many levels. */
Values block(const Values &field, std::size_t first, std::size_t last,
             std::size_t levels) {
    const auto at = [&](std::size_t column) {
        return field.begin() + static_cast<std::ptrdiff_t>(column * levels);
    };
    return {at(first), at(last)};
}

void run(const std::string &artefact, const std::string &states,
         const std::string &path, std::size_t block_columns) {
    const Model model(states);
    Output output(path, model);
    const auto nlev = model.nlev;
    GravityWaveDrag drag(artefact, model.reference_pressure()); // <- gwparam

    for (std::size_t time = 0; time < model.times; ++time) {
        const auto now = model.state(time);
        for (std::size_t first = 0; first < model.columns; first += block_columns) {
            const auto last = std::min(first + block_columns, model.columns);
            const auto part = [&](const Values &field, std::size_t levels) {
                return block(field, first, last, levels);
            };
            Values dudt((last - first) * nlev), dvdt(dudt.size());

            drag.put("eastward_wind", "m s-1", part(now.u, nlev));        // <- gwparam
            drag.put("northward_wind", "m s-1", part(now.v, nlev));       // <- gwparam
            drag.put("air_temperature", "K", part(now.temp, nlev));       // <- gwparam
            drag.put("air_pressure", "Pa", part(now.pressure, nlev));     // <- gwparam
            drag.put("air_pressure_at_half_levels", "Pa",                 // <- gwparam
                     part(now.half_pressure, nlev + 1));                  // <- gwparam
            drag.put("geopotential_height", "m", part(now.height, nlev)); // <- gwparam
            drag.put("surface_air_pressure", "Pa", part(now.ps, 1));      // <- gwparam
            drag.put("latitude", "degrees", part(now.lat, 1));            // <- gwparam
            drag.run();                                                   // <- gwparam
            drag.get(drag.eastward, "m s-2", dudt);                       // <- gwparam
            drag.get(drag.northward, "m s-2", dvdt);                      // <- gwparam

            output.write(time, first, dudt, dvdt);
        }
    }
    output.close();
    std::printf("%zu steps of %zu columns with %zu levels\n", model.times,
                model.columns, nlev);
}

std::size_t columns_of(const std::string &text) {
    std::size_t columns = 0;
    const char *end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, columns);
    if (error != std::errc() || rest != end || columns == 0)
        throw std::runtime_error("COLUMNS is " + text +
                                 ", expected a whole number from 1");
    return columns;
}

} // namespace

int main(int argc, char **argv) {
    const std::vector<std::string> given(argv + 1, argv + argc);
    if (given.size() < 3 || given.size() > 4) {
        std::fputs("usage: host ARTEFACT STATES OUTPUT [COLUMNS]\n", stderr);
        return 2;
    }
    try {
        run(given[0], given[1], given[2], given.size() > 3 ? columns_of(given[3]) : 16);
    } catch (const std::exception &failure) {
        std::fprintf(stderr, "host: %s\n", failure.what());
        return 2;
    }
    return 0;
}
