/**
 * @file
 * Gravity-wave drag of gwparam for a C++ model: all that such a host needs beside
 * gwparam.h. One object a thread; objects are independent.
 */
#ifndef GRAVITY_WAVE_DRAG_HPP
#define GRAVITY_WAVE_DRAG_HPP

#include <gwparam.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/** A network on blocks of columns, each field (column, level) with level 0 the top. */
class GravityWaveDrag {
  public:
    /** Names of the tendencies, which a host adds to its own. */
    static constexpr const char *eastward =
        "tendency_of_eastward_wind_due_to_gravity_wave_drag";
    static constexpr const char *northward =
        "tendency_of_northward_wind_due_to_gravity_wave_drag";

    /**
     * Load an artefact.
     * @param artefact From `gwparam export`.
     * @param pressure Reference pressures of the full levels, top first [Pa].
     * @throws std::runtime_error with the library's message, as all that follow.
     */
    GravityWaveDrag(const std::string &artefact, const std::vector<double> &pressure)
        : scheme_(load(artefact)) {
        check(gwparam_scheme_set_levels(scheme_.get(), GWPARAM_TOP_DOWN,
                                        static_cast<int64_t>(pressure.size()),
                                        pressure.data()));
        inputs_ = levels_of(GWPARAM_INPUT);
        outputs_ = levels_of(GWPARAM_OUTPUT);
    }

    /**
     * Hand over a field of a block, by its CF name; one that this network does not take
     * is passed over, so that a host can put all it has.
     * @param units Of the field; the library converts.
     * @param field (column, level), or (column) at the surface.
     */
    void put(const std::string &name, const char *units,
             const std::vector<double> &field) {
        const auto input = inputs_.find(name);
        if (input == inputs_.end())
            return;
        // The library reads from it alone.
        const auto array =
            view(const_cast<double *>(field.data()), field.size(), input->second);
        check(gwparam_scheme_put(scheme_.get(), name.c_str(), units, &array));
    }

    /** Run the network on the columns that were put. */
    void run() { check(gwparam_scheme_run(scheme_.get())); }

    /**
     * Copy a result; where the call fails, `field` is as it was.
     * @param field (column, level), as large as the block.
     */
    void get(const std::string &name, const char *units,
             std::vector<double> &field) const {
        const auto output = outputs_.find(name);
        const auto array = view(field.data(), field.size(),
                                output == outputs_.end() ? 0 : output->second);
        check(gwparam_scheme_get(scheme_.get(), 1, name.c_str(), units, &array));
    }

  private:
    struct Free {
        void operator()(gwparam_scheme *scheme) const {
            static_cast<void>(gwparam_scheme_free(scheme));
        }
    };
    using Scheme = std::unique_ptr<gwparam_scheme, Free>;
    using Levels = std::map<std::string, int64_t>;

    static void check(gwparam_status status) {
        if (status == GWPARAM_OK)
            return;
        std::array<char, 1024> text{};
        if (gwparam_last_error(text.data(), text.size()) != GWPARAM_OK)
            throw std::runtime_error("a failure without a message");
        throw std::runtime_error(text.data());
    }

    static Scheme load(const std::string &artefact) {
        gwparam_scheme *scheme = nullptr;
        check(gwparam_scheme_load(&scheme, artefact.c_str(), nullptr));
        return Scheme(scheme);
    }

    static gwparam_array view(double *data, std::size_t size, int64_t levels) {
        const auto numbers = static_cast<int64_t>(size);
        if (levels == 0)
            return {data, GWPARAM_FLOAT64, 1, {numbers}, {1}};
        if (numbers % levels != 0)
            throw std::runtime_error("a field has " + std::to_string(numbers) +
                                     " numbers, expected a multiple of its " +
                                     std::to_string(levels) + " levels");
        return {data, GWPARAM_FLOAT64, 2, {numbers / levels, levels}, {levels, 1}};
    }

    /** Levels of each field of a kind; 0 at the surface. */
    [[nodiscard]] Levels levels_of(int32_t kind) const {
        Levels found;
        std::array<char, 256> name{};
        std::array<char, 64> units{};
        for (int64_t number = 1;; ++number) {
            int64_t levels = 0;
            check(gwparam_scheme_field(scheme_.get(), kind, number, name.data(),
                                       name.size(), units.data(), units.size(),
                                       &levels));
            if (name.front() == '\0')
                return found;
            found[name.data()] = levels;
        }
    }

    Scheme scheme_;
    Levels inputs_, outputs_;
};

#endif
