#include "base/units.hpp"

#include <array>
#include <cctype>
#include <cmath>
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
    {"none", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
    {"None", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
    {"NONE", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
    {"dimensionless", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
    {"unitless", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
    {"fraction", {{0, 0, 0, 0, 0}, 1.0, 0.0}},
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
    {"minute", {{0, 0, 1, 0, 0}, 60.0, 0.0}},
    {"minutes", {{0, 0, 1, 0, 0}, 60.0, 0.0}},
    {"h", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"hr", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"hour", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"hours", {{0, 0, 1, 0, 0}, 3600.0, 0.0}},
    {"day", {{0, 0, 1, 0, 0}, 86400.0, 0.0}},
    {"days", {{0, 0, 1, 0, 0}, 86400.0, 0.0}},
    {"d", {{0, 0, 1, 0, 0}, 86400.0, 0.0}},
    {"K", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"kelvin", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"Kelvin", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"degK", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"deg_K", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"deg_k", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"degrees_K", {{0, 0, 0, 1, 0}, 1.0, 0.0}},
    {"degC", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"celsius", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"Celsius", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"degrees_C", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"deg_C", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"deg_c", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"degree_Celsius", {{0, 0, 0, 1, 0}, 1.0, kelvin_at_0_celsius}},
    {"Pa", {{-1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"pascal", {{-1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"pascals", {{-1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"pa", {{-1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"hPa", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"hpa", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"hectopascal", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"hectopascals", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"mPa", {{-1, 1, -2, 0, 0}, 1e-3, 0.0}},
    {"kPa", {{-1, 1, -2, 0, 0}, 1e3, 0.0}},
    {"mbar", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"mb", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"millibar", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"millibars", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"mbs", {{-1, 1, -2, 0, 0}, 1e2, 0.0}},
    {"bar", {{-1, 1, -2, 0, 0}, 1e5, 0.0}},
    {"N", {{1, 1, -2, 0, 0}, 1.0, 0.0}},
    {"J", {{2, 1, -2, 0, 0}, 1.0, 0.0}},
    {"rad", {{0, 0, 0, 0, 1}, 1.0, 0.0}},
    {"radian", {{0, 0, 0, 0, 1}, 1.0, 0.0}},
    {"radians", {{0, 0, 0, 0, 1}, 1.0, 0.0}},
    {"degree", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_north", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degree_north", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_N", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degree_N", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degreesN", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_east", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degree_east", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degrees_E", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degree_E", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
    {"degreesE", {{0, 0, 0, 0, 1}, pi / 180.0, 0.0}},
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
        bool only_numbers = true;
        while (skip_separators(sign)) {
            const std::string name = read_name();
            const Unit *unit = find_unit(name);
            if (unit == nullptr) {
                return std::nullopt;
            }
            int exponent = 1;
            if (name != "1" && !read_exponent(exponent)) {
                return std::nullopt;
            }
            exponent *= sign;
            for (std::size_t i = 0; i < product.dimension.size(); ++i) {
                product.dimension[i] += exponent * unit->dimension[i];
            }
            product.scale *= std::pow(unit->scale, exponent);
            // An offset makes sense for a temperature that stands alone; "1 degC" may
            // be meant for a difference.
            if (any && name != "1" && unit->offset != 0.0 && only_numbers) {
                return std::nullopt;
            }
            product.offset = (!any && exponent == 1) ? unit->offset : 0.0;
            only_numbers = only_numbers && name == "1";
            any = true;
            sign = 1;
        }
        // Of hundreds of factors, the scale may be no number any more.
        const bool fits = any && !malformed_ && std::isnormal(product.scale);
        return fits ? std::optional<Unit>(product) : std::nullopt;
    }

  private:
    // To the next name; false at the end, or where separators do not part two names.
    bool skip_separators(int &sign) {
        const std::size_t start = position_;
        int marks = 0;
        for (; position_ < text_.size(); ++position_) {
            const char c = text_[position_];
            if (c == '/') {
                sign = -1;
            } else if (c != ' ' && c != '.' && c != '*') {
                break;
            }
            marks += c != ' ';
        }
        const bool outside = start == 0 || position_ == text_.size();
        malformed_ = malformed_ || marks > (outside ? 0 : 1);
        return position_ < text_.size() && !malformed_;
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

    // One digit: no quantity has more, and a number of many would overflow.
    bool read_exponent(int &exponent) {
        exponent = 1;
        bool marked = true;
        if (text_.compare(position_, 2, "**") == 0) {
            position_ += 2;
        } else if (position_ < text_.size() && text_[position_] == '^') {
            ++position_;
        } else {
            marked = false;
        }
        std::size_t digit = position_;
        const bool negative = digit < text_.size() && text_[digit] == '-';
        if (negative || (digit < text_.size() && text_[digit] == '+')) {
            ++digit;
            marked = true;
        }
        if (!is_digit(digit)) {
            return !marked;
        }
        if (is_digit(digit + 1)) {
            return false;
        }
        exponent = (negative ? -1 : 1) * (text_[digit] - '0');
        position_ = digit + 1;
        return true;
    }

    bool is_digit(std::size_t at) const {
        return at < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at]));
    }

    const std::string &text_;
    std::size_t position_ = 0;
    bool malformed_ = false;
};

} // namespace

Conversion conversion(const std::string &from, const std::string &to,
                      const std::string &field) {
    if (from == to) {
        return {};
    }
    const auto source = UnitParser(from).parse();
    const auto target = UnitParser(to).parse();
    const bool are_one = source && target && source->dimension == target->dimension;
    if (!are_one || !std::isnormal(source->scale / target->scale) ||
        !std::isnormal(target->scale / source->scale)) {
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

double acceleration_scale(const std::string &units) {
    const auto given = UnitParser(units).parse();
    const auto wanted = UnitParser("m s-2").parse();
    const bool is_one = given && given->dimension == wanted->dimension;
    return is_one ? given->scale / wanted->scale : 0.0;
}

} // namespace gwparam
