#include "base/units.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double kelvin_at_0_celsius = 273.15;

// Exponents of metre, kilogram, second, kelvin, radian. UDUNITS takes the radian for a
// pure number; here it is a dimension of its own, so that latitudes cannot be confused.
using Dimension = std::array<int, 5>;

struct Unit {
    Dimension dimension{};
    double scale = 1.0;
    double offset = 0.0;
};

struct NamedUnit {
    const char *name = "";
    Unit unit;
};

const NamedUnit known_units[] = {
    {"1", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
    {"m", {{1, 0, 0, 0, 0}, 1.0, 0.0}},
    {"meter", {{1, 0, 0, 0, 0}, 1.0, 0.0}},
    {"meters", {{1, 0, 0, 0, 0}, 1.0, 0.0}},
    {"metre", {{1, 0, 0, 0, 0}, 1.0, 0.0}},
    {"metres", {{1, 0, 0, 0, 0}, 1.0, 0.0}},
    {"gpm", {{1, 0, 0, 0, 0}, 1.0, 0.0}},
    {"km", {{1, 0, 0, 0, 0}, 1e3, 0.0}},
    {"cm", {{1, 0, 0, 0, 0}, 1e-2, 0.0}},
    {"kg", {{0, 1, 0, 0, 0}, 1.0, 0.0}},
    {"g", {{0, 1, 0, 0, 0}, 1e-3, 0.0}},
    {"s", {{0, 0, 1, 0, 0}, 1.0, 0.0}},
    {"sec", {{0, 0, 1, 0, 0}, 1.0, 0.0}},
    {"second", {{0, 0, 1, 0, 0}, 1.0, 0.0}},
    {"seconds", {{0, 0, 1, 0, 0}, 1.0, 0.0}},
    {"min", {{0, 0, 1, 0, 0}, 60.0, 0.0}},
    {"h", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"hr", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"hour", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"day", {{0, 0, 1, 0, 0}, 86400.0, 0.0}},
    {"d", {{0, 0, 1, 0, 0}, 86400.0, 0.0}},
    {"K", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"kelvin", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"degC", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"celsius", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"Pa", {{-1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"pascal", {{-1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"hPa", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"mPa", {{-1, 1, -2, 0, 0}, 1e-3, 0.0}},
    {"kPa", {{-1, 1, -2, 0, 0}, 1e3, 0.0}},
    {"mbar", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"mb", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"millibar", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"bar", {{-1, 1, -2, 0, 0}, 1e5, 0.0}},
    {"N", {{1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"rad", {{0, 0, 0, 0, 1}, 1.0, 0.0}},
    {"radian", {{0, 0, 0, 0, 1}, 1.0, 0.0}},
    {"radians", {{0, 0, 0, 0, 1}, 1.0, 0.0}},
    {"degree", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_north", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degree_north", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_N", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_east", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degree_east", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_E", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
};

const Unit *find_unit(const std::string &name) {
    for (const NamedUnit &known : known_units) {
        if (name == known.name) {
            return &known.unit;
        }
    }
    return nullptr;
}

// Reads a product such as "m s-1", "m/s", "m s^-1", "m.s**-1" or "Pa m s-2".
class UnitParser {
  public:
    explicit UnitParser(const std::string &text) : text_(text) {}

    std::optional<Unit> parse() {
        Unit product;
        int sign = 1;
        bool any = false;
        while (skip_separators(sign)) {
            const std::string name = read_name();
            const Unit *unit = find_unit(name);
            if (unit == nullptr) {
                return std::nullopt;
            }
            const int exponent = name == "1" ? 1 : sign * read_exponent();
            for (std::size_t i = 0; i < product.dimension.size(); ++i) {
                product.dimension[i] += exponent * unit->dimension[i];
            }
            product.scale *= std::pow(unit->scale, exponent);
            // An offset makes sense for a temperature that stands alone.
            product.offset = (!any && exponent == 1) ? unit->offset : 0.0;
            any = true;
            sign = 1;
        }
        return any ? std::optional<Unit>(product) : std::nullopt;
    }

  private:
    bool skip_separators(int &sign) {
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (c == '/') {
                sign = -1;
            } else if (c != ' ' && c != '.' && c != '*') {
                return true;
            }
            ++position_;
        }
        return false;
    }

    std::string read_name() {
        const std::size_t start = position_;
        if (text_[position_] == '1') {
            ++position_;
        }
        while (position_ < text_.size() &&
               (std::isalpha(static_cast<unsigned char>(text_[position_])) ||
                text_[position_] == '_')) {
            ++position_;
        }
        if (position_ == start) {
            ++position_; // a character that begins no unit: it is in no table either
        }
        return text_.substr(start, position_ - start);
    }

    int read_exponent() {
        if (text_.compare(position_, 2, "**") == 0) {
            position_ += 2;
        } else if (position_ < text_.size() && text_[position_] == '^') {
            ++position_;
        }
        const char *start = text_.c_str() + position_;
        if (*start != '-' && *start != '+' &&
            !std::isdigit(static_cast<unsigned char>(*start))) {
            return 1;
        }
        char *end = nullptr;
        const long exponent = std::strtol(start, &end, 10);
        position_ += static_cast<std::size_t>(end - start);
        return end == start ? 1 : static_cast<int>(exponent);
    }

    const std::string &text_;
    std::size_t position_ = 0;
};

} // namespace

Conversion conversion(const std::string &from, const std::string &to,
                      const std::string &field) {
    if (from == to) {
        return {};
    }
    const auto source = UnitParser(from).parse();
    const auto target = UnitParser(to).parse();
    if (!source || !target || source->dimension != target->dimension) {
        throw Error(GWPARAM_ERR_CONTRACT, field + " has units \"" + from +
                                              "\", expected \"" + to +
                                              "\" or others of that dimension");
    }
    if (source->scale == target->scale && source->offset == target->offset) {
        return {};
    }
    return {source->scale / target->scale,
            (source->offset - target->offset) / target->scale};
}

} // namespace gwparam
